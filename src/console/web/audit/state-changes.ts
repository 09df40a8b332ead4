import { ALARM_TYPES, type AlarmType, type SensorAudit } from '../api.js';

export type StateChange =
  | { readonly what: 'opened' | 'ended' | 'acknowledged'; readonly type: AlarmType }
  | { readonly what: 'strikes'; readonly type: AlarmType; readonly before: number; readonly after: number }
  | { readonly what: 'shelved' | 'reshelved' | 'unshelved' | 'silent' | 'returned' };

/** How one state of a sensor differs from the one before it. */
export function changesBetween(before: SensorAudit['state'], after: SensorAudit['state']): readonly StateChange[] {
  const byType = ALARM_TYPES.flatMap((type): StateChange[] => {
    const [was, is] = [before.openAlarms[type]?.alarmId, after.openAlarms[type]?.alarmId];
    const isSeenNow = was === is && (before.openAlarms[type]?.acknowledged ?? null) === null && (after.openAlarms[type]?.acknowledged ?? null) !== null;
    const [had, has] = [before.strikes[type]?.length ?? 0, after.strikes[type]?.length ?? 0];
    return [
      ...(was !== undefined && was !== is ? [{ what: 'ended' as const, type }] : []),
      ...(is !== undefined && was !== is ? [{ what: 'opened' as const, type }] : []),
      ...(isSeenNow ? [{ what: 'acknowledged' as const, type }] : []),
      ...(had !== has ? [{ what: 'strikes' as const, type, before: had, after: has }] : []),
    ];
  });
  return [...byType, ...shelvingChange(before.shelving?.eventId, after.shelving?.eventId), ...silenceChange(before.silence?.eventId, after.silence?.eventId)];
}

function shelvingChange(before: string | undefined, after: string | undefined): readonly StateChange[] {
  if (before === after) return [];
  if (before === undefined) return [{ what: 'shelved' }];
  return [{ what: after === undefined ? 'unshelved' : 'reshelved' }];
}

function silenceChange(before: string | undefined, after: string | undefined): readonly StateChange[] {
  return before === after ? [] : [{ what: after === undefined ? 'returned' : 'silent' }];
}
