// The rules for imports, in one place. `check.mjs` enforces them, and docs/architecture.md explains them.

/**
 * @typedef {object} Zone
 * @property {string} name
 * @property {RegExp} files - matches paths from the root of the repository; a file belongs to the first zone that
 * matches.
 * @property {readonly string[]} may - zones it may import besides itself.
 * @property {readonly string[]} [types] - zones from which it may import only types.
 * @property {readonly string[]} [node] - Node's modules it may import; all of them if this is absent.
 */

const FLOOR = ['common', 'ci-config', 'domain', 'gateway floor']
const BELOW_DOORS = [...FLOOR, 'gateway http', 'gateway access', 'gateway shapes']
/** For code that also runs in browsers. */
const NOTHING_OF_NODE = []

/** @type {readonly Zone[]} */
export const ZONES = [
  { name: 'common', files: /^packages\/common\//, may: [], node: NOTHING_OF_NODE },
  { name: 'trace-format', files: /^packages\/trace-format\//, may: [], node: NOTHING_OF_NODE },
  { name: 'ci-config', files: /^packages\/ci-config\//, may: ['common'], node: NOTHING_OF_NODE },
  {
    name: 'domain',
    files: /^packages\/domain\//,
    may: ['common', 'ci-config', 'trace-format'],
    node: ['crypto', 'stream', 'timers/promises', 'util', 'zlib'],
  },
  { name: 'db', files: /^packages\/db\//, may: ['common', 'ci-config', 'domain'] },

  {
    name: 'gateway floor',
    files: /^apps\/gateway\/src\/(config|denied-addresses|remember-slow-reads|log|metrics|refusals)\.ts$/,
    may: ['common', 'ci-config', 'domain'],
  },
  { name: 'gateway http', files: /^apps\/gateway\/src\/http\//, may: FLOOR },
  { name: 'gateway access', files: /^apps\/gateway\/src\/access\//, may: [...FLOOR, 'gateway http'] },
  { name: 'gateway shapes', files: /^apps\/gateway\/src\/shapes\//, may: FLOOR },
  { name: 'gateway process', files: /^apps\/gateway\/src\/process\//, may: [...FLOOR, 'db'] },
  {
    name: 'gateway adapters',
    files: /^apps\/gateway\/src\/adapters\//,
    may: [...FLOOR, 'gateway http', 'gateway process'],
  },
  { name: 'gateway runner-api', files: /^apps\/gateway\/src\/runner-api\//, may: BELOW_DOORS },
  { name: 'gateway hooks', files: /^apps\/gateway\/src\/hooks\//, may: BELOW_DOORS },
  { name: 'gateway admin-api', files: /^apps\/gateway\/src\/admin-api\//, may: BELOW_DOORS },
  { name: 'gateway git', files: /^apps\/gateway\/src\/git\//, may: BELOW_DOORS },
  {
    name: 'gateway rest-api',
    files: /^apps\/gateway\/src\/rest-api\//,
    may: [...BELOW_DOORS, 'gateway admin-api', 'gateway runner-api'],
  },
  {
    name: 'gateway wiring',
    files: /^apps\/gateway\/src\/(assemble|compose|main)\.ts$/,
    may: [...BELOW_DOORS, 'db', 'gateway process', 'gateway adapters', 'gateway doors'],
  },
  {
    name: 'gateway doors',
    files: /^apps\/gateway\/src\/[^/]+\.ts$/,
    may: [
      ...BELOW_DOORS,
      'gateway process',
      'gateway runner-api',
      'gateway hooks',
      'gateway admin-api',
      'gateway git',
      'gateway rest-api',
    ],
  },

  {
    name: 'dashboard lib',
    files: /^apps\/admin-ui\/src\/(lib|icons)\//,
    may: ['trace-format'],
    types: ['gateway admin-api'],
    node: NOTHING_OF_NODE,
  },
  {
    name: 'dashboard ui',
    files: /^apps\/admin-ui\/src\/components\/ui\//,
    may: ['dashboard lib'],
    node: NOTHING_OF_NODE,
  },
  {
    name: 'dashboard components',
    files: /^apps\/admin-ui\/src\/components\//,
    may: ['dashboard lib', 'dashboard ui', 'ci-config', 'trace-format'],
    node: NOTHING_OF_NODE,
  },
  {
    name: 'dashboard pages',
    files: /^apps\/admin-ui\/src\/pages\//,
    may: ['dashboard lib', 'dashboard ui', 'dashboard components'],
    node: NOTHING_OF_NODE,
  },
  {
    name: 'dashboard',
    files: /^apps\/admin-ui\/src\//,
    may: ['common', 'dashboard lib', 'dashboard ui', 'dashboard components', 'dashboard pages'],
    node: NOTHING_OF_NODE,
  },

  {
    name: 'cli',
    files: /^apps\/cli\//,
    may: ['common', 'ci-config', 'trace-format'],
    types: ['gateway admin-api'],
  },

  // Compares the compiler with the reference's answers, through its public functions alone.
  { name: 'ci-corpus', files: /^tests\/ci-corpus\//, may: ['ci-config'] },
  // Compares the parser of logs with a terminal, in one process.
  { name: 'bench of the parser', files: /^tests\/bench\/rows\/parse-trace\.ts$/, may: ['trace-format'] },
  // Black-box tests use the running gateway, and take the shapes of its answers as types.
  { name: 'tests', files: /^tests\//, may: [], types: ['gateway admin-api'] },
  { name: 'scripts', files: /^scripts\//, may: [] },
]

/**
 * Zones that tests and testing files may import besides everything in their own package.
 *
 * @type {readonly Zone[]}
 */
export const ZONES_OF_TESTS = [
  { name: 'tests of ci-config', files: /^packages\/ci-config\//, may: ['common'] },
  // Use cases are tested over a real database.
  { name: 'tests of domain', files: /^packages\/domain\//, may: ['common', 'ci-config', 'trace-format', 'db'] },
  { name: 'tests of db', files: /^packages\/db\//, may: ['common', 'ci-config', 'domain'] },
  {
    name: 'tests of gateway',
    files: /^apps\/gateway\//,
    may: ['common', 'ci-config', 'trace-format', 'domain', 'db'],
  },
  { name: 'tests of dashboard', files: /^apps\/admin-ui\//, may: ['trace-format'], types: ['gateway admin-api'] },
  {
    name: 'tests of cli',
    files: /^apps\/cli\//,
    may: ['common', 'ci-config', 'trace-format'],
    types: ['gateway admin-api'],
  },
  { name: 'tests of ci-corpus', files: /^tests\/ci-corpus\//, may: ['ci-config'] },
  { name: 'bench of the parser', files: /^tests\/bench\/rows\/parse-trace\.ts$/, may: ['trace-format'] },
  { name: 'black-box tests', files: /^tests\//, may: [], types: ['gateway admin-api'] },
  { name: 'tests', files: /^/, may: [] },
]

/** The folders of source files. */
export const SOURCES = ['apps/*/src', 'packages/*/src', 'tests', 'scripts']

/**
 * Returns whether a file is a test. Tests are never imported; they may import testing files and all of their package.
 */
export const isTest = (file) => /\.(test|spec)\.[a-z]+$/.test(file) || file.startsWith('tests/')

/** Returns whether only tests and other testing files may import a file. */
export const isForTests = (file) =>
  /(^|\/)testing(\/|\.ts$)/.test(file) || /\.contract\.ts$/.test(file) || file.startsWith('tests/')

/** Returns the folder of a file of the domain. Each folder is a noun, and values depend in one direction only. */
export const nounOf = (file) => /^packages\/domain\/src\/([^/]+)\/.+/.exec(file)?.[1] ?? null
