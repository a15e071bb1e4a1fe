/** Owns a certificate for this machine that nobody trusts unless told to, and its key. Knows nothing of who shows it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

export interface Certificate {
  /** What a TLS server of Node takes. */
  readonly tls: { key: Buffer; cert: Buffer };
  /** What has to be trusted: a file for SSL_CERT_FILE or NODE_EXTRA_CA_CERTS. */
  readonly path: string;
  remove(): Promise<void>;
}

/** For `127.0.0.1` and `localhost`, for two days. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-llm-certificate-'));
  const [key, path] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const asked = 'req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1';
  const subject = '-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1,DNS:localhost';
  await runProgram('openssl', [...`${asked} ${subject}`.split(' '), '-keyout', key, '-out', path]);
  return {
    tls: { key: await readFile(key), cert: await readFile(path) },
    path,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
