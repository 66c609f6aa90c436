import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TraceParser } from './parser.ts'
import { SEVERITY_TEXT, severityOf, severityOfText } from './severity.ts'

/** Lines as tools print them. */
const ERRORS = {
  'gitlab-runner': [
    'ERROR: Job failed: exit status 1',
    'ERROR: Uploading artifacts as "archive" to coordinator... 500',
  ],
  gcc: [
    'src/main.c:12:3: error: expected ‘;’ before ‘return’',
    'main.cpp:4:10: fatal error: missing.h: No such file or directory',
    'collect2: error: ld returned 1 exit status',
    '/usr/bin/ld: main.o: error: undefined reference',
  ],
  ld: [
    "main.c:(.text+0x5): undefined reference to `lantern'",
    "/usr/bin/ld: main.o:main.c:(.text+0x9): more undefined references to `lantern' follow",
    "/usr/bin/ld: b.o:(.bss+0x0): multiple definition of `lantern'; a.o:(.bss+0x0): first defined here",
    '/usr/bin/ld: cannot find -llantern',
    '/usr/bin/ld: cannot find -llantern: No such file or directory',
  ],
  lld: ['ld.lld: error: undefined symbol: lantern', 'rust-lld: error: undefined symbol: lantern'],
  'the linker of macOS': ['Undefined symbols for architecture arm64:'],
  'the loader': [
    '/usr/lib/libharbour.so: undefined symbol: lantern',
    './harbour: symbol lookup error: ./libharbour.so: undefined symbol: lantern',
    'undefined symbol: lantern\t(./libharbour.so)',
  ],
  clang: ["harbour.c:3:5: error: use of undeclared identifier 'lantern'", '1 error generated.'],
  msvc: ["file.cpp(12): error C2065: 'x': undeclared identifier", 'LINK : fatal error LNK1104: cannot open file'],
  rustc: [
    'error[E0308]: mismatched types',
    'error: could not compile `lantern` (bin "lantern") due to 1 previous error',
  ],
  cargo: ["thread 'tests::adds' panicked at src/lib.rs:12:9:", 'test result: FAILED. 3 passed; 1 failed; 0 ignored'],
  tsc: [
    "src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
    "src/a.ts:3:5 - error TS2304: Cannot find name 'x'.",
    'Found 2 errors in the same file, starting at: src/a.ts:3',
  ],
  eslint: [
    "   3:7  error  'x' is assigned a value but never used  no-unused-vars",
    '✖ 2 problems (2 errors, 0 warnings)',
  ],
  python: [
    'Traceback (most recent call last):',
    "ModuleNotFoundError: No module named 'lantern'",
    'AssertionError',
    'requests.exceptions.ConnectionError: refused',
    'E   assert 1 == 2',
    'FAILED tests/test_harbour.py::test_lantern - assert 1 == 2',
    '========= 1 failed, 2 passed in 0.12s =========',
    'ERROR tests/test_harbour.py - ImportError: cannot import name',
  ],
  pip: ['ERROR: Could not find a version that satisfies the requirement lantern'],
  node: [
    "Error: Cannot find module './lantern'",
    'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument',
    'Uncaught Error: no',
  ],
  npm: ['npm ERR! code ELIFECYCLE', 'npm error code 1', 'npm error Missing script: "build"'],
  pnpm: [' ERR_PNPM_NO_SCRIPT  Missing script: build', ' ERR_PNPM_FETCH_404  GET: Not Found'],
  yarn: ['error Command failed with exit code 1.', "➤ YN0001: │ Error: lantern@npm:1.0.0 doesn't resolve"],
  jest: ['FAIL src/lantern.test.js', '  ● lights › at night', 'Tests:       1 failed, 5 passed, 6 total'],
  mocha: ['  1 failing'],
  vitest: [
    '   × lights at night 4ms',
    ' FAIL  src/lantern.test.ts > lights at night',
    '      Tests  1 failed | 4 passed (5)',
  ],
  tap: ['not ok 3 - lights at night'],
  go: [
    './main.go:3:5: undefined: lantern',
    '--- FAIL: TestLantern (0.00s)',
    'FAIL\tharbour/lantern\t0.003s',
    'FAIL',
    'panic: runtime error: index out of range [3] with length 3',
  ],
  java: [
    'Exception in thread "main" java.lang.NullPointerException',
    'Caused by: java.io.IOException: refused',
    'Lantern.java:3: error: cannot find symbol',
    '[ERROR] Failed to execute goal on project lantern',
    'Tests run: 5, Failures: 1, Errors: 0, Skipped: 0',
    '[INFO] BUILD FAILURE',
  ],
  gradle: ['> Task :compileJava FAILED', 'FAILURE: Build failed with an exception.', 'BUILD FAILED in 3s'],
  phpunit: ['FAILURES!', 'Tests: 3, Assertions: 3, Failures: 1.'],
  rspec: ['5 examples, 1 failure'],
  gtest: ['[  FAILED  ] Lantern.Lights (0 ms)'],
  make: ['make: *** [Makefile:3: all] Error 2', 'make[1]: *** No rule to make target `lantern’.  Stop.'],
  ninja: ['FAILED: lantern.o', 'ninja: build stopped: subcommand failed.'],
  cmake: ['CMake Error at CMakeLists.txt:3 (find_package):'],
  git: ['fatal: not a git repository (or any of the parent directories): .git', "error: pathspec 'x' did not match"],
  docker: [
    'Error response from daemon: pull access denied for lantern',
    'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
    '#12 0.345 error: linker failed',
  ],
  terraform: ['│ Error: Invalid reference', 'Error: Invalid reference'],
  ansible: ['fatal: [harbour]: FAILED! => {"changed": false}'],
  kubectl: ['error: unable to recognize "x.yaml"', 'Error from server (NotFound): pods "lantern" not found'],
  helm: ['Error: INSTALLATION FAILED: timed out waiting for the condition'],
  shell: [
    'bash: line 3: lantern: command not found',
    '/bin/sh: 1: lantern: not found',
    'cat: lantern: No such file or directory',
    './run.sh: Permission denied',
    'Segmentation fault (core dumped)',
    'Killed',
    'Aborted (core dumped)',
  ],
  curl: ['curl: (22) The requested URL returned error: 404'],
  apt: ['E: Unable to locate package lantern'],
  loggers: [
    '2024-05-14 11:43:19,123 ERROR [main] harbour.Lantern - out',
    '2024-05-14T11:43:19Z [error] out',
    'time="2024-05-14T11:43:19Z" level=error msg="out"',
    '{"level":"fatal","msg":"out"}',
    'E0514 11:43:19.123456       1 lantern.go:3] out',
    '[2024-05-14 11:43:19] CRITICAL: out',
  ],
  forges: ['##[error]Process completed with exit code 1.', '::error file=a.js,line=1::out'],
  sanitizers: ['==123==ERROR: AddressSanitizer: heap-use-after-free on address 0x1'],
} satisfies Record<string, string[]>

/** Lines of the same tools that report neither. */
const NEITHER = [
  'Compiling thiserror v1.0.40',
  'gcc -Wall -Werror -c error_handler.c -o error_handler.o',
  'cc -c warnings.c',
  '0 errors, 0 warnings',
  'Found 0 errors.',
  'Tests run: 5, Failures: 0, Errors: 0, Skipped: 0',
  'Tests:       6 passed, 6 total',
  'test result: ok. 4 passed; 0 failed; 0 ignored',
  'ok 3 - shows an error: nothing was lost',
  'not ok 4 - lights twice # TODO',
  '  ✓ shows error: nothing when the lantern is out',
  'test error_path ... ok',
  'Step 3/7 : COPY errors /app/errors',
  'Uploading artifacts... error.log: found 1 matching artifact files and directories',
  'Downloading error-prone-2.1.jar',
  '$ make lint || echo "lint failed"',
  'Cloning into failed-jobs...',
  'no warnings',
  'Executing "step_script" stage of the job script',
  'Job succeeded',
  'pulling image terrorist-free:1.2',
  'Failed: 0',
  'the lantern is undefined: see the manual',
  '  ✓ reports undefined symbol lantern',
  "/usr/bin/ld: main.o: in function `main':",
  'PASS src/error.test.js',
  'ok  \tharbour/errors\t0.003s',
  'src/errors/index.ts:12:3: this is fine',
  '',
]

const WARNINGS = [
  'WARNING: No files to upload',
  'warning: unused variable: `x`',
  'src/main.c:12:3: warning: unused variable ‘x’ [-Wunused-variable]',
  'npm WARN deprecated lantern@1.0.0',
  'npm warn deprecated lantern@1.0.0',
  '/x/y.py:3: DeprecationWarning: lantern is deprecated',
  '[WARNING] Some problems were encountered while building the model',
  '2024-05-14 11:43:19,123 WARN  [main] harbour.Lantern - dim',
  'time="2024-05-14T11:43:19Z" level=warning msg="dim"',
  'W0514 11:43:19.123456       1 lantern.go:3] dim',
  '   3:7  warning  Unexpected console statement  no-console',
  '##[warning]dim',
  'CMake Warning at CMakeLists.txt:3:',
  'warning Your lockfile needs to be updated.',
]

describe('the severity of a line', () => {
  it.each(Object.entries(ERRORS).flatMap(([tool, lines]) => lines.map((line) => [tool, line] as const)))(
    'is error for %s: %s',
    (_tool, line) => expect(severityOfText(line)).toBe('error'),
  )
  it.each(WARNINGS)('is warning for: %s', (line) => expect(severityOfText(line)).toBe('warning'))
  it.each(NEITHER)('is nothing for: %s', (line) => expect(severityOfText(line)).toBeNull())

  it('follows the words rather than the colour', () => {
    const severity = (text: string) => new TraceParser().push(`${text}\n`).map(severityOf)[0]
    expect(severity('\x1b[32merror: out\x1b[0m')).toBe('error')
    expect(severity('\x1b[31mwarning: dim\x1b[0m')).toBe('warning')
    expect(severity('\x1b[31m- removed\x1b[0m')).toBe('red')
    expect(severity('\x1b[32m+ added\x1b[0m')).toBeNull()
  })

  it('is decided by the start of a long line', () => {
    expect(severityOfText(`error: ${'x'.repeat(2_000_000)}`)).toBe('error')
    expect(severityOfText(`${'x'.repeat(SEVERITY_TEXT)} level=error`)).toBeNull()
  })

  it('takes any text', () => {
    const words = fc.constantFrom(
      'error',
      ':',
      ' ',
      '12',
      '(',
      ')',
      '[',
      ']',
      'warning',
      'FAIL',
      '\t',
      '│',
      'é',
      '…',
      'a.',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(words, { maxLength: 400 }).map((all) => all.join('')),
        ),
        (text) => {
          expect(['error', 'warning', null]).toContain(severityOfText(text))
        },
      ),
    )
  })
})
