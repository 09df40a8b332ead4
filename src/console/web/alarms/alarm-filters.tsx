import { ZONES } from '../../../customers/zones.js';
import { ALARM_TYPES, EMAIL_STATES } from '../api.js';
import { useTexts, useTextsOf } from '../texts.js';
import { ALARMS_TEXTS } from './alarms-texts.js';
import { isFiltered, NO_STANDING_FILTER, sensorOf, type StandingFilter } from './standing-choice.js';

interface Props {
  readonly filter: StandingFilter;
  readonly onFilter: (part: Partial<StandingFilter>) => void;
}

export function AlarmFilters({ filter, onFilter }: Props) {
  const general = useTexts();
  const texts = useTextsOf(ALARMS_TEXTS);
  return (
    <div class="filters" role="group" aria-label={texts.filters}>
      <Choice label={general.allTypes} name={texts.columns.type} value={filter.type} of={ALARM_TYPES.map((type) => [type, general.type[type]])} onChange={(type) => onFilter({ type })} testId="filter-type" />
      <Choice label={general.allZones} name={texts.columns.zone} value={filter.zone} of={ZONES.map((zone) => [zone, zone])} onChange={(zone) => onFilter({ zone })} testId="filter-zone" />
      <Choice
        label={texts.anyStatus}
        name={texts.status}
        value={filter.status}
        of={[['open', general.status.open], ['recovered', general.status.recovered]] as const}
        onChange={(status) => onFilter({ status })}
        testId="filter-status"
      />
      <Choice label={texts.anyEmail} name={texts.email} value={filter.email} of={EMAIL_STATES.map((state) => [state, general.email[state]])} onChange={(email) => onFilter({ email })} testId="filter-email" />
      <input
        type="text"
        inputMode="numeric"
        aria-label={texts.sensorNumber}
        placeholder={texts.sensorNumber}
        value={filter.sensor ?? ''}
        onInput={(event) => {
          event.currentTarget.value = event.currentTarget.value.replace(/\D/g, '');
          onFilter({ sensor: sensorOf(event.currentTarget.value) });
        }}
        data-testid="filter-sensor"
      />
      {isFiltered(filter) && (
        <button type="button" class="button is-quiet" onClick={() => onFilter(NO_STANDING_FILTER)}>
          {texts.clear}
        </button>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  /** What it says when nothing is chosen. */
  readonly label: string;
  readonly name: string;
  readonly value: T | null;
  readonly of: readonly (readonly [value: T, text: string])[];
  readonly onChange: (value: T | null) => void;
  readonly testId: string;
}

function Choice<T extends string>({ label, name, value, of, onChange, testId }: ChoiceProps<T>) {
  return (
    <select aria-label={name} class={value === null ? '' : 'is-set'} value={value ?? ''} onChange={(event) => onChange(of.find(([each]) => each === event.currentTarget.value)?.[0] ?? null)} data-testid={testId}>
      <option value="">{label}</option>
      {of.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}
