import { useFormats } from './format.js';
import { MENU_PAGES, type Place } from './router.js';
import { useUser } from './session.js';
import { useTexts } from './texts.js';

/** What a sheet of paper says of itself: which page it is, of when, by whom it was printed, and where to find it again. Only print shows it. */
export function PrintHead({ place, nowMs }: { place: Place; nowMs: number }) {
  const texts = useTexts();
  const formats = useFormats();
  const { name } = useUser();
  const page = MENU_PAGES.find((each) => each === place.page);
  const title = place.page === 'sensor' ? texts.sensorPage(place.sensorId) : page === undefined ? texts.wall : texts[page];
  const now = new Date(nowMs);
  return (
    <p class="print-head" data-testid="print-head">
      <b>Vigía · {title}</b> <time dateTime={now.toISOString()}>{`${formats.day(now)}, ${formats.time(now)}`}</time>
      {name !== null && ` · ${texts.printedBy(name)}`} · <span class="text">{location.href}</span>
    </p>
  );
}
