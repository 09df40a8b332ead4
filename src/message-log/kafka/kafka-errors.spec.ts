import { isRefusal } from './kafka-errors.js';

const named = (name: string, message: string, more: object = {}): Error => Object.assign(new Error(message), { name, ...more });

describe('isRefusal', () => {
  it.each([
    named('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed: Authentication failed: Invalid username or password'),
    named('KafkaJSSASLAuthenticationError', 'SASL SCRAM-SHA-256 authentication failed: Authentication failed during authentication due to invalid credentials'),
    named('KafkaJSNumberOfRetriesExceeded', 'gave up', { cause: named('KafkaJSConnectionError', 'Connection error: self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }) }),
    named('KafkaJSNonRetriableError', 'gave up', { originalError: named('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed: no') }),
  ])('takes %s for one', (error) => {
    expect(isRefusal(error)).toBe(true);
  });

  // What kafkajs makes of a broker that goes away, or does not answer, in the middle of a log-in.
  it.each([
    named('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed: Closed connection'),
    named('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed: Request SaslAuthenticate(key: 36, version: 1) timed out'),
    named('KafkaJSSASLAuthenticationError', 'SASL SCRAM-SHA-512 authentication failed: Connection error: read ECONNRESET'),
    named('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed: Not connected'),
    named('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed: Connection to 127.0.0.1:9093 ended: it was closed while it was made'),
    named('KafkaJSConnectionError', 'Connection timeout'),
    'text',
  ])('does not take %s for one', (error) => {
    expect(isRefusal(error)).toBe(false);
  });
});
