import { errors, types } from 'cassandra-driver';
import { CustomersUnavailable, CustomerUnreachable } from '../customer-store.js';
import { refusalOf, toUnavailable } from './cassandra-errors.js';

const { responseErrorCodes } = types;
const response = (code: number) => new errors.ResponseError(code, 'it says so');
const noHost = (reasons: Record<string, unknown>) => new errors.NoHostAvailableError(reasons);

describe('a failure of the driver', () => {
  it.each([
    ['too few live replicas', response(responseErrorCodes.unavailableException)],
    ['replicas that do not answer', response(responseErrorCodes.readTimeout)],
    ['too few live replicas, told by the last node that lives', noHost({ a: 'Host considered as DOWN', b: response(responseErrorCodes.unavailableException) })],
  ])('is about one customer: %s', (_name, error) => {
    expect(toUnavailable('look', error)).toBeInstanceOf(CustomerUnreachable);
    expect(refusalOf(error)).toBeNull();
  });

  it.each([
    ['no node', noHost({ a: 'Host considered as DOWN', b: new Error('connect ECONNREFUSED') })],
    ['a node that does not answer', new errors.OperationTimedOutError('no answer', 'a')],
    ['an overloaded node', response(responseErrorCodes.overloaded)],
  ])('is about all of them: %s', (_name, error) => {
    expect(toUnavailable('look', error)).toBeInstanceOf(CustomersUnavailable);
    expect(toUnavailable('look', error)).not.toBeInstanceOf(CustomerUnreachable);
    expect(refusalOf(error)).toBeNull();
  });

  it('names each node with its reason', () => {
    const { message } = toUnavailable('look', noHost({ 'a:9042': 'Host considered as DOWN', 'b:9042': new Error('connect ECONNREFUSED') }));
    expect(message).toBe('cannot look in Cassandra: no node answers (a:9042: Host considered as DOWN; b:9042: connect ECONNREFUSED); try again later');
  });

  it('is a refusal when a node refuses the log-in, but not when it can’t read its roles', () => {
    expect(refusalOf(noHost({ a: new Error('connect ECONNREFUSED'), b: new errors.AuthenticationError('Provided username x and/or password are incorrect') }))).toContain('CASSANDRA_PASSWORD');
    expect(refusalOf(noHost({ a: new errors.AuthenticationError('Unable to perform authentication: Cannot achieve consistency level ONE') }))).toBeNull();
    expect(refusalOf(response(responseErrorCodes.unauthorized))).toContain('must be allowed');
  });
});
