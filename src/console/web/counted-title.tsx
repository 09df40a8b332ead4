import { useFormats } from './format.js';
import { useTexts } from './texts.js';

interface Props {
  readonly title: string;
  /** Null as long as that is not known. */
  readonly total: number | null;
  /** How many of them are listed, where there is no button for more. */
  readonly shown?: number | undefined;
}

/** What a panel lists, and how many there are. */
export function CountedTitle({ title, total, shown }: Props) {
  const texts = useTexts();
  const { number } = useFormats();
  return (
    <h2>
      {title} <span class="count">{total === null ? '' : shown !== undefined && shown < total ? texts.showing(number(shown), number(total)) : number(total)}</span>
    </h2>
  );
}
