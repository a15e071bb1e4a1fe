/** The law has teeth: slips with single requests, in the server or towards its model, are caught. */
import { catchFaults } from './catch-faults.ts';
import { requestFaults } from './request-faults.ts';

catchFaults(requestFaults);
