/** The law has teeth: slips with threads, mirrors and warming up are caught. */
import { catchFaults } from './catch-faults.ts';
import { contextFaults } from './context-faults.ts';
import { warmFaults } from './warm-faults.ts';

catchFaults([...contextFaults, ...warmFaults]);
