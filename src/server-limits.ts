/** From a request's first byte to its last; fastify itself sets no limit. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Of these for the headers; a connection that sends nothing at all is cut then, too. */
const HEADERS_TIMEOUT_MS = 10_000;

const TIMEOUT_CHECK_MS = 1_000;

/** How long a client may take for a request, as fastify takes it: 30 s unless another time is given. */
export function requestLimits(requestTimeout = REQUEST_TIMEOUT_MS) {
  return { requestTimeout, http: { requestTimeout, headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout), connectionsCheckingInterval: TIMEOUT_CHECK_MS } };
}
