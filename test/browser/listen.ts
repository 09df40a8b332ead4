/** Counts how often a page opens the browser's sound and the tones that it begins, and keeps of which sensors' new alarms it was told, once it has done what it does about one: `window.opened`, `window.tones`, `window.told`. */
export const LISTEN = `(() => {
  Object.assign(window, { tones: 0, told: [], opened: 0 });
  window.AudioContext = class extends AudioContext {
    constructor() {
      super();
      void this.suspend(); // as a user's browser does until the page is touched; to a script of a test a page is touched
      window.opened += 1;
    }
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.tones += 1;
    window.context = this.context;
    return start.apply(this, when);
  };
  const listen = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (kind, listener) {
    listen.call(this, kind, (event) => {
      listener(event);
      if (kind !== 'alarm') return;
      const { sensorId, isNew } = JSON.parse(event.data);
      if (isNew) window.told.push(sensorId);
    });
  };
})()`;
