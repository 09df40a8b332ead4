import { useFormats } from './format.js';
import { useTexts } from './texts.js';

/** The button at the end of a list of which there is more; nothing when all of it is shown. On paper it only says how much of it that is. */
export function ShowMore({ shown, total, onMore }: { shown: number; total: number; onMore: () => void }) {
  const texts = useTexts();
  const { number } = useFormats();
  if (shown >= total) return null;
  return (
    <button type="button" class="more" onClick={onMore}>
      <span>{texts.more}</span> <small>{texts.showing(number(shown), number(total))}</small>
    </button>
  );
}
