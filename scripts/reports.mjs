// Reads the reports of test programs: how many tests passed, and which failed with what message.
import { stripVTControlCharacters } from 'node:util'

/** Lines of a failure's message in the summary, enough to recognise it; the step's own output has all of it. */
const MESSAGE_LINES = 12

/**
 * @typedef {{ passed: number, failed: number, skipped: number, failures: { name: string, message: string }[] }} Report
 */

/**
 * Reads a report of Vitest's `json` reporter. A file that could not be loaded is one failure, without tests to count.
 *
 * @returns {Report}
 */
export function readVitest({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  const failures = testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (status === 'failed' && failed.length === 0) return [failure(relative(file), message)]
    return failed.map(({ fullName, failureMessages }) =>
      failure(`${relative(file)} › ${fullName}`, failureMessages.join('\n')),
    )
  })
  return {
    passed: numPassedTests,
    failed: Math.max(numFailedTests, failures.length),
    skipped: numPendingTests + numTodoTests,
    failures,
  }
}

/**
 * Reads a report of Playwright's `json` reporter. A flaky test passed at its second try. An error outside of any test is
 * one failure.
 *
 * @returns {Report}
 */
export function readPlaywright({ stats: { expected, flaky, unexpected, skipped }, suites, errors = [] }) {
  const failures = [
    ...suites.flatMap((suite) => failedIn(suite, [])),
    ...errors.map(({ message }) => failure('outside of any test', message)),
  ]
  return { passed: expected + flaky, failed: unexpected + errors.length, skipped, failures }
}

function failedIn({ title, specs = [], suites = [] }, above) {
  const path = [...above, title]
  return [
    ...specs.flatMap((spec) =>
      spec.tests
        .filter((test) => test.status === 'unexpected')
        .map((test) =>
          failure(
            [`[${test.projectName}] ${path[0]}`, ...path.slice(1), spec.title].join(' › '),
            test.results.flatMap((result) => result.errors ?? []).map((error) => error.message)[0],
          ),
        ),
    ),
    ...suites.flatMap((suite) => failedIn(suite, path)),
  ]
}

/** Returns a failure as the summary shows it: without colours, and with the head of its message. */
export function failure(name, message) {
  const lines = stripVTControlCharacters(message ?? '')
    .trim()
    .split('\n')
  return { name, message: lines.slice(0, MESSAGE_LINES).join('\n') }
}

/** Returns the end of what a step printed, short enough that the message of a failure can have a line more. */
export function lastLines(output) {
  return output
    .trimEnd()
    .split('\n')
    .slice(1 - MESSAGE_LINES)
    .join('\n')
}

/**
 * Returns the text that names each failure once more, for the end of a long output, of which often only the end is
 * kept.
 *
 * @param {{ name: string, message: string }[]} failures
 */
export function listFailures(failures) {
  return failures.map(({ name, message }) => `✗ ${name}\n${message.replaceAll(/^/gm, '    ')}`).join('\n\n')
}

function relative(file) {
  return file.replace(`${process.cwd()}/`, '')
}
