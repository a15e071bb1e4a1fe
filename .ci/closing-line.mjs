// Adds up the test reports and prints the closing line. A report that is missing, or without a test, is a failure; so is a failed step.
import { readFileSync } from 'node:fs';

const [failedSteps = '0', ...reports] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const path of reports) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    if (report.numTotalTests === 0) throw new Error('no test ran');
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests;
    total.skipped += report.numPendingTests + report.numTodoTests;
    // A suite that breaks outside its tests counts none of them.
    if (!report.success && report.numFailedTests === 0) total.failed += 1;
  } catch (error) {
    console.log(`${path}: ${error.message}`);
    total.failed += 1;
  }
}
if (total.failed === 0) total.failed = Number(failedSteps);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.skipped > 0 || Number(failedSteps) > 0 ? 1 : 0);
