/** Whether a model server is one's own, on this machine or in its network, by its address. Pure; asks no name server. */

const privateNetworks = [
  /^127\./,
  /^10\./,
  /^192\.168\./,
  /^172\.(?:1[6-9]|2\d|3[01])\./,
  /^169\.254\./,
  /^\[(?:::1|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)\]$/,
];
const privateNames = /\.(?:local|localhost|internal|lan|home|home\.arpa)$/;

/** `url`: of the server. A name without a dot is one of a container network or of the hosts file. */
export function isLocalAddress(url: string): boolean {
  const { hostname } = new URL(url);
  if (privateNetworks.some((network) => network.test(hostname))) return true;
  return privateNames.test(hostname) || !/[.:]/.test(hostname);
}
