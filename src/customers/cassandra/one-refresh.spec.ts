import ControlConnection from 'cassandra-driver/lib/control-connection.js';
import { waitFor } from '../../../test/support/wait-for.js';
import './one-refresh.js';

/** The driver's own control connection, whose nodes answer as a test says. */
function controlConnection(refreshHosts: (control: Control) => Promise<void>) {
  let connections = 0;
  const schedule = { newSchedule: () => [][Symbol.iterator]() };
  const control = Object.assign(Object.create(ControlConnection.prototype) as Control, {
    _isShuttingDown: false,
    _profileManager: { getDefaultLoadBalancing: () => ({ newQueryPlan: (_keyspace: unknown, _query: unknown, done: (error: null, plan: Iterator<never>) => void) => done(null, [][Symbol.iterator]()) }) },
    _reconnectionPolicy: schedule,
    log: () => undefined,
    emit: () => true,
    _setHealthListeners: () => undefined,
    _registerToConnectionEvents: async () => undefined,
    _refreshControlConnection: async () => {
      connections += 1;
      control.connection = { endpoint: `connection ${connections}`, endpointFriendlyName: `connection ${connections}` };
    },
    _refreshHosts: () => refreshHosts(control),
  });
  return control;
}

interface Control {
  connection: { readonly endpoint: string; readonly endpointFriendlyName: string } | null;
  _refresh(): Promise<void>;
}

describe('a control connection that breaks', () => {
  it('again while it is made anew is made anew by the same refresh', async () => {
    let breakFirst: ((error: Error) => void) | undefined;
    const control = controlConnection(async () => {
      if (breakFirst === undefined) await new Promise<void>((_, reject) => (breakFirst = reject));
    });
    const first = control._refresh();
    await waitFor('the question for the nodes', () => breakFirst !== undefined);
    const second = control._refresh();
    breakFirst?.(new Error('the connection broke'));
    await Promise.all([first, second]);
    expect(control.connection?.endpoint).toBe('connection 2');
  });

  it('in whatever way rejects nothing, and is tried again', async () => {
    let asked = 0;
    const control = controlConnection(async (inside) => {
      asked += 1;
      if (asked > 1) return;
      inside.connection = null;
      throw new Error('the connection broke');
    });
    await control._refresh();
    expect(control.connection).toBeNull();
    await waitFor('another refresh', () => control.connection !== null);
    expect(asked).toBe(2);
  });
});
