import type { SentRecord } from './verifier/outputs.js';

/** Posts a record once and notes what came of it; false when there was no answer, so that it is to be sent again. */
export async function sendRecord(url: string, topic: string, body: string, messageId: string, sent: SentRecord[]): Promise<boolean> {
  const value = Buffer.from(body).toString('base64');
  try {
    const response = await fetch(`${url}/topics/${topic}/messages?sync`, { method: 'POST', body, headers: { 'Idempotency-Key': messageId, 'Content-Type': 'text/plain' }, signal: AbortSignal.timeout(2000) });
    const text = await response.text();
    if (response.status >= 500) throw new Error(text);
    const isAccepted = response.status === 200;
    sent.push({ topic, value, outcome: isAccepted ? 'accepted' : 'refused', places: isAccepted ? [JSON.parse(text) as { partition: number; offset: number }] : [] });
    return true;
  } catch {
    sent.push({ topic, value, outcome: 'unknown', places: [] });
    return false;
  }
}
