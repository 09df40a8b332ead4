import ControlConnection from 'cassandra-driver/lib/control-connection.js';
import { systemClock } from '../../clock.js';

/** The method of cassandra-driver 4.10.0 that finds a new control connection after one has broken. */
interface ControlInside {
  readonly _isShuttingDown: boolean;
  log(level: string, text: string, error: unknown): void;
  /** `hosts`: those that are left to be tried, when it calls itself. */
  _refresh(hosts?: Iterator<unknown>): Promise<void>;
}

const AGAIN_MS = 1_000;

const control = ControlConnection.prototype as unknown as Partial<ControlInside>;
const original = control._refresh;
if (!original) throw new Error("cassandra-driver's control connection has no _refresh: this version of it is not known");

const running = new WeakMap<ControlInside, Promise<void>>();

/**
 * One at a time, and never rejected. By itself a second one, begun while the first still asks its new connection, takes that
 * connection away; the first then fails in its own handling of errors, in a timer, where nobody catches it: the process ends.
 */
control._refresh = function (this: ControlInside, hosts?: Iterator<unknown>): Promise<void> {
  if (hosts !== undefined) return original.call(this, hosts);
  let refresh = running.get(this);
  if (!refresh) {
    refresh = original
      .call(this)
      .catch((error: unknown) => {
        this.log('error', 'the control connection could not be made anew, and is tried again', error);
        void systemClock.sleep(AGAIN_MS).then(() => (this._isShuttingDown ? undefined : this._refresh()));
      })
      .finally(() => running.delete(this));
    running.set(this, refresh);
  }
  return refresh;
};
