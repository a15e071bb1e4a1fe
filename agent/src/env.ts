/**
 * The environment, after `.env` from the current directory was loaded into it; what was set before wins. Import it first: the Deepgram and
 * Cartesia plugins read their keys while they are imported.
 */
import { config } from 'dotenv';

config({ quiet: true });
// LiveKit's room client would write its debug log otherwise.
process.env['NODE_ENV'] ??= 'production';

export const environment: NodeJS.ProcessEnv = process.env;
