import { useFormats } from './format.js';

/** What a panel lists, and how many there are; null as long as that is not known. */
export function CountedTitle({ title, total }: { title: string; total: number | null }) {
  const formats = useFormats();
  return (
    <h2>
      {title} <span class="count">{total === null ? '' : formats.number(total)}</span>
    </h2>
  );
}
