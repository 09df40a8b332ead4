/** The strike policy of a start without settings, as the verifier takes it. */
export const USUAL_POLICY = { n: 3, windowMs: null, clearOnNormal: false } as const;
