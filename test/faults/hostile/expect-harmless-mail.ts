import { simpleParser } from 'mailparser';

/** That a mail program sees one recipient, no header that was smuggled in, and no markup of a customer's making. */
export async function expectHarmlessMail(name: string, source: string | Buffer, to: string): Promise<void> {
  const { headers, to: recipients, html } = await simpleParser(source);
  const addresses = (Array.isArray(recipients) ? recipients : [recipients]).flatMap((each) => each?.value ?? []).map(({ address }) => address);
  expect({ name, addresses, cc: headers.get('cc'), bcc: headers.get('bcc') }).toEqual({ name, addresses: [to], cc: undefined, bcc: undefined });
  expect(html).not.toMatch(/<script>|<img src=x/);
}
