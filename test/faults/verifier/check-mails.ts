import type { AlarmLife } from './check-alarm-life.js';
import type { AcceptedMail, Outputs, OutputEvent } from './outputs.js';

/** P4: each alarm has its e-mail, unless it is held back; never two without a mark, no copy without a reason, none without an alarm, no follow-up that is not owed, and all only by who held the lease. */
export function checkMails(outputs: Outputs, { held }: AlarmLife): string[] {
  const { events, mails } = outputs;
  const problems: string[] = [];
  const alarms = new Set(events.filter(({ type }) => type === 'AlarmTriggered').map(({ data }) => String(data['alarmId'])));
  for (const mail of mails) {
    if (mail.alarmId === null || !alarms.has(mail.alarmId)) problems.push(`a mail went for alarm ${mail.alarmId}, which no event tells of`);
  }
  const byAlarm = grouped(mails.filter(({ isFollowUp }) => !isFollowUp), ({ alarmId }) => alarmId);
  const followUps = grouped(mails.filter(({ isFollowUp }) => isFollowUp), ({ alarmId }) => alarmId);
  const histories = grouped(events, ({ stream }) => stream);
  for (const alarmId of alarms) {
    const [copies, history] = [byAlarm.get(alarmId) ?? [], histories.get(`notification-${alarmId}`) ?? []];
    problems.push(...checkFollowUps(alarmId, followUps.get(alarmId) ?? [], history));
    if (!held.has(alarmId)) problems.push(...checkAlarm(alarmId, copies, history));
    else if (copies.length > 0) problems.push(`alarm ${alarmId} has a mail, which its sensor's shelving held back`);
  }
  return [...problems, ...checkLease(outputs)];
}

function checkAlarm(alarmId: string, copies: readonly AcceptedMail[], history: readonly OutputEvent[]): string[] {
  const problems: string[] = [];
  const isParked = history.findLast(({ type }) => type !== 'NotificationCompleted')?.type === 'NotificationParked';
  const sent = history.filter(({ type }) => type === 'NotificationSent').length;
  const unmarked = copies.filter(({ possibleDuplicate }) => !possibleDuplicate).length;
  if (copies.length === 0 && !isParked) problems.push(`alarm ${alarmId} has no mail`);
  if (sent === 0 && !isParked) problems.push(`alarm ${alarmId}: its mail is not recorded as sent`);
  if (sent > copies.length) problems.push(`alarm ${alarmId}: ${sent} mails are recorded as sent, the mail server took ${copies.length}`);
  if (unmarked > 1) problems.push(`alarm ${alarmId}: ${unmarked} mails without the mark of a possible duplicate`);
  if (new Set(copies.map(({ messageId }) => messageId)).size > 1) problems.push(`alarm ${alarmId}: its mails have different Message-IDs`);
  if (copies.length > unmarked && !hasOpenClaim(history)) problems.push(`alarm ${alarmId}: a mail is marked as a possible duplicate, but every attempt before it had an outcome`);
  return problems;
}

/** One may go again after a crash, under the same Message-ID; and none at all, if the mail server will not have it. */
function checkFollowUps(alarmId: string, copies: readonly AcceptedMail[], history: readonly OutputEvent[]): string[] {
  const problems: string[] = [];
  const isOwed = history.some(({ type, data }) => type === 'NotificationSent' && data['customer'] === 'unavailable');
  const completed = history.filter(({ type }) => type === 'NotificationCompleted').length;
  const unmarked = copies.filter(({ possibleDuplicate }) => !possibleDuplicate).length;
  if (copies.length > 0 && !isOwed) problems.push(`alarm ${alarmId} has a follow-up, which no mail without the customer's data owes`);
  if (unmarked > 1) problems.push(`alarm ${alarmId}: ${unmarked} follow-ups without the mark of a possible duplicate`);
  if (new Set(copies.map(({ messageId }) => messageId)).size > 1) problems.push(`alarm ${alarmId}: its follow-ups have different Message-IDs`);
  if (completed > Math.min(1, copies.length)) problems.push(`alarm ${alarmId}: ${completed} follow-ups are recorded as sent, the mail server took ${copies.length}`);
  return problems;
}

/** Whether an attempt ended with nobody knowing whether its mail had gone: another claim follows a claim. */
function hasOpenClaim(history: readonly OutputEvent[]): boolean {
  return history.some(({ type }, index) => type === 'NotificationClaimed' && history[index - 1]?.type === 'NotificationClaimed');
}

/** A mail is begun only by the process that the newest event of the lease names. */
function checkLease({ events, mails }: Outputs): string[] {
  const turns = events.filter(({ stream, type, storedAtMs }) => stream === 'lease-notify' && type !== 'LeaseRenewed' && storedAtMs !== null);
  return mails.flatMap(({ sender, messageId }) => {
    if (sender === null || turns.length === 0) return [];
    const turn = turns.findLast(({ storedAtMs }) => (storedAtMs as number) <= sender.begunAtMs);
    const holder = turn?.type === 'LeaseTaken' ? String(turn.data['owner']) : 'nobody';
    return holder === sender.process ? [] : [`${messageId} was begun by ${sender.process} while the lease was held by ${holder}`];
  });
}

function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
