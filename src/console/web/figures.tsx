import { ALARM_TYPES } from './api.js';
import { useFormats } from './format.js';
import { useTexts } from './texts.js';
import type { OverviewData } from './use-overview-data.js';

/** The numbers of the moment: of one zone where it is chosen, but for the last hour, whose alarms are not counted by zone. */
export function Figures({ data, openTotal, zone, unacknowledged }: { data: OverviewData; openTotal: number | null; zone: string | null; unacknowledged?: number | null }) {
  const texts = useTexts();
  const { number } = useFormats();
  const { map, counts, openInZone } = data;
  const open = zone === null ? openTotal : openInZone?.zone === zone ? openInZone.total : null;
  const cells = map?.cells ?? [];
  const unplaced = map?.unplaced ?? { sensors: 0, active: 0 };
  const sensors = cells.reduce((sum, cell) => sum + cell.sensors, unplaced.sensors);
  const active = cells.reduce((sum, cell) => sum + cell.active, unplaced.active);
  const inHour = counts?.reduce((sum, { count }) => sum + count, 0) ?? null;
  const byType = ALARM_TYPES.map((type) => ({ type, count: counts?.reduce((sum, item) => sum + (item.type === type ? item.count : 0), 0) ?? 0 }));
  return (
    <section class="figures" aria-label={texts.title}>
      {unacknowledged !== undefined && <Figure label={texts.unacknowledged} value={unacknowledged === null ? '–' : number(unacknowledged)} isLoud={(unacknowledged ?? 0) > 0} testId="unacknowledged-total" />}
      <Figure
        label={texts.openAlarms}
        value={open === null ? '–' : number(open)}
        note={zone === null ? '' : [zone, ...(openTotal === null ? [] : [texts.inAllZones(number(openTotal))])].join(' · ')}
        isLoud={(open ?? 0) > 0}
        testId="open-total"
      />
      <Figure label={texts.activeSensors} value={map === null ? '–' : number(active)} note={map === null ? '' : [texts.ofSensors(number(sensors)), ...(zone === null ? [] : [zone])].join(' · ')} testId="active-total" />
      <Figure
        label={texts.lastHour}
        value={inHour === null ? '–' : number(inHour)}
        note={[...(zone === null ? [] : [texts.allZones]), ...byType.map(({ type, count }) => `${texts.type[type]}\u00a0${number(count)}`)].join(' · ')}
        testId="hour-total"
      />
      {unplaced.sensors > 0 && <Figure label={texts.unplaced} value={number(unplaced.sensors)} note={texts.unplacedActive(number(unplaced.active))} testId="unplaced-total" />}
    </section>
  );
}

/** One number with what it is. */
export function Figure({ label, value, note, isLoud, testId }: { label: string; value: string; note?: string; isLoud?: boolean; testId: string }) {
  return (
    <div class={`figure ${isLoud ? 'is-loud' : ''}`} data-testid={testId}>
      <span>{label}</span>
      <strong>{value}</strong>
      <small>{note}</small>
    </div>
  );
}
