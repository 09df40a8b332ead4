/** What Node says of a certificate that it does not trust. */
const CERTIFICATE_CODES: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'CERT_REVOKED', 'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Whether a connection was given up for the other side's certificate: to wait would not help. */
export function isCertificateError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && CERTIFICATE_CODES.has(error.code);
}
