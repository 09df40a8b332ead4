import { useFormats } from './format.js';

interface Props {
  readonly title: string;
  /** Null as long as that is not known. */
  readonly total: number | null;
}

/** What a panel lists, and how many there are. */
export function CountedTitle({ title, total }: Props) {
  const { number } = useFormats();
  return (
    <h2>
      {title} <span class="count">{total === null ? '' : number(total)}</span>
    </h2>
  );
}
