import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
  /** Of the certificate, which is its own authority. */
  readonly certFile: string;
}

/** Makes a key and a certificate for localhost and addresses in a folder; takes the openssl command. */
export function selfSigned(dir: string, addresses: readonly string[] = ['127.0.0.1']): SelfSigned {
  const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const names = `subjectAltName=${[...addresses.map((address) => `IP:${address}`), 'DNS:localhost'].join()}`;
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=vigia-test', '-addext', names, '-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8'), certFile };
}
