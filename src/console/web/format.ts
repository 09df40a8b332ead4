import { useContext } from 'preact/hooks';
import { LanguageContext, type Language } from './texts.js';

/** Numbers and times as the language writes them. */
export interface Formats {
  readonly number: (value: number) => string;
  /** `1.5` */
  readonly decimal: (value: number) => string;
  /** `12.5 %` of 0.125. */
  readonly percent: (share: number) => string;
  /** `10:42:07` */
  readonly time: (iso: string | Date) => string;
  /** `10:42` */
  readonly minute: (date: Date) => string;
  /** `24 Nov 2026` */
  readonly day: (date: Date) => string;
  /** `24 Nov, 10:42` */
  readonly dayMinute: (date: Date) => string;
  /** `2 h`, `45 s` */
  readonly length: (ms: number) => string;
  /** `24 Nov, 10:42:07` */
  readonly dateTime: (iso: string) => string;
  /** `3 min ago`, of a time before `nowMs`. */
  readonly age: (iso: string, nowMs: number) => string;
  /** `in 3 min`, of a time after `nowMs`. */
  readonly ahead: (iso: string, nowMs: number) => string;
}

const made = new Map<Language, Formats>();

export function useFormats(): Formats {
  const language = useContext(LanguageContext);
  let formats = made.get(language);
  if (!formats) {
    formats = formatsFor(language);
    made.set(language, formats);
  }
  return formats;
}

function formatsFor(language: Language): Formats {
  const locale = language === 'es' ? 'es-ES' : 'en-GB';
  const number = new Intl.NumberFormat(locale, { useGrouping: 'always' });
  const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  const minute = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hour12: false });
  const dateTime = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  const dayMinute = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false });
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
  const lengths = (['second', 'minute', 'hour', 'day'] as const).map((unit) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow' }));
  const relative = new Intl.RelativeTimeFormat(locale, { style: 'narrow', numeric: 'always' });
  const span = (ms: number, sign: 1 | -1) => {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 60) return relative.format(sign * seconds, 'second');
    if (seconds < 3600) return relative.format(sign * Math.floor(seconds / 60), 'minute');
    if (seconds < 86_400) return relative.format(sign * Math.floor(seconds / 3600), 'hour');
    return relative.format(sign * Math.floor(seconds / 86_400), 'day');
  };
  return {
    number: (value) => number.format(value),
    decimal: (value) => decimal.format(value),
    percent: (share) => percent.format(share),
    time: (iso) => time.format(new Date(iso)),
    minute: (date) => minute.format(date),
    day: (date) => day.format(date),
    dayMinute: (date) => dayMinute.format(date),
    length: (ms) => {
      const sizes = [1000, 60_000, 3_600_000, 86_400_000];
      const unit = Math.max(0, sizes.findLastIndex((size) => ms >= size));
      return (lengths[unit] as Intl.NumberFormat).format(Math.floor(ms / (sizes[unit] as number)));
    },
    dateTime: (iso) => dateTime.format(new Date(iso)),
    age: (iso, nowMs) => span(nowMs - Date.parse(iso), -1),
    ahead: (iso, nowMs) => span(Date.parse(iso) - nowMs, 1),
  };
}

/** A time as an input of type datetime-local takes it, in the browser's own zone: `2026-11-24T10:42:07`. */
export function localSeconds(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
