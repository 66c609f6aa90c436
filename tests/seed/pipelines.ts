import { type Conduct, cleansUp, fails, goesOn, leaves, succeeds } from './conducts.ts'

interface SeededJob {
  readonly name: string
  readonly stage: string
  readonly definition?: Readonly<Record<string, unknown>>
  /** What a runner does with it; when absent, no runner takes it. */
  readonly conduct?: Conduct
  /** Whether the job is canceled once it runs. */
  readonly canceled?: boolean
}

export interface SeededPipeline {
  /** Path of its project. */
  readonly project: string
  readonly ref: string
  readonly jobs: readonly SeededJob[]
}

export const PROJECTS = [
  { path: 'shop/web', name: 'Web shop', groupPath: 'shop' },
  { path: 'shop/api', name: 'Shop API', groupPath: 'shop' },
  { path: 'tools/docs', name: 'Documentation', groupPath: 'tools', maxStoredBytes: 5_000_000 },
] as const

const JUNIT = `<testsuite name="checkout" tests="3" failures="1">
<testcase classname="cart" name="adds an item" time="0.011"/>
<testcase classname="cart" name="removes an item" time="0.008"/>
<testcase classname="cart" name="counts taxes" time="0.204"><failure>expected 19.00, got 18.99</failure></testcase>
</testsuite>`

const BUILT = {
  'dist/index.html': '<!doctype html><title>Shop</title><h1>Welcome</h1>\n',
  'dist/assets/app.js': 'console.log("hello")\n',
  'dist/NOTES.txt': 'Grüße aus dem Archiv\n',
}

const numbered = (count: number, text: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => text(index + 1))

const compile: SeededJob = {
  name: 'compile',
  stage: 'build',
  definition: { artifacts: { paths: ['dist/'], expire_in: '1 week' } },
  conduct: leaves(BUILT, succeeds('transforming 118 modules …', 'dist/assets/app.js  41.2 kB', 'built in 1.31s')),
}

/** Together they have jobs in every status that lasts. */
export const PIPELINES: readonly SeededPipeline[] = [
  {
    project: 'shop/web',
    ref: 'main',
    jobs: [
      compile,
      { name: 'lint', stage: 'build', conduct: succeeds('Checked 412 files in 2s. No fixes applied.') },
      { name: 'unit', stage: 'test', conduct: succeeds(...numbered(200, (n) => `✓ test ${n} passes`)) },
      { name: 'publish', stage: 'deploy', conduct: succeeds('Published 0.9.4') },
    ],
  },
  {
    project: 'shop/web',
    ref: 'taxes',
    jobs: [
      compile,
      {
        name: 'unit',
        stage: 'test',
        definition: { retry: 1, artifacts: { paths: ['dist/'], when: 'always', reports: { junit: 'junit.xml' } } },
        conduct: leaves(
          { 'coverage/index.html': '<h1>81 %</h1>\n' },
          fails(1, '✓ adds an item', '✓ removes an item', '✗ counts taxes: expected 19.00, got 18.99'),
          JUNIT,
        ),
      },
      {
        name: 'audit',
        stage: 'test',
        definition: { allow_failure: true },
        conduct: fails(3, '2 packages have a moderate vulnerability'),
      },
      { name: 'publish', stage: 'deploy' },
    ],
  },
  {
    project: 'shop/api',
    ref: 'main',
    jobs: [
      { name: 'package', stage: 'build', conduct: succeeds('api.tar 8.1 MB') },
      { name: 'load', stage: 'test', conduct: goesOn },
      { name: 'migrate', stage: 'test', conduct: cleansUp, canceled: true },
      { name: 'nightly', stage: 'test', definition: { when: 'delayed', start_in: '12 hours', allow_failure: true } },
      { name: 'approve', stage: 'test', definition: { when: 'manual' } },
      { name: 'release', stage: 'deploy' },
    ],
  },
  {
    project: 'shop/api',
    ref: 'staging',
    jobs: [
      { name: 'staging', stage: 'deploy', definition: { resource_group: 'staging' }, conduct: goesOn },
      { name: 'staging again', stage: 'deploy', definition: { resource_group: 'staging' } },
    ],
  },
  {
    project: 'tools/docs',
    ref: 'main',
    jobs: [
      {
        name: 'links',
        stage: 'check',
        conduct: succeeds(...numbered(30_000, (n) => `200 https://docs.example/page/${n}`)),
      },
      { name: 'spelling', stage: 'check', canceled: true },
      { name: 'pictures', stage: 'check', definition: { tags: ['gpu'] } },
    ],
  },
]

/** A pipeline of a configuration: with needs, a matrix, a failure that is allowed, and a job that a person starts. */
export const CONFIGURED = {
  project: 'shop/web',
  ref: 'release/2.0',
  sha: '5f0c1d8e2b7a94c36d1e8f0a7b2c4d6e8f901a3b',
  content: `
stages: [build, test, release]
workflow: { name: 'Release 2.0' }

bundle:
  stage: build
  script: [npm ci, npm run build]
  parallel:
    matrix: [{ TARGET: [browser, server], MODE: [debug, release] }]
icons: { stage: build, script: [npm run icons] }

unit: { stage: test, script: [npm test], needs: ['bundle: [server, debug]'], parallel: 3 }
lint: { stage: test, script: [npm run lint], needs: [] }
e2e: { stage: test, script: [npm run e2e], needs: [bundle, icons] }
licenses: { stage: test, script: [npm run licenses], needs: [], allow_failure: true }

publish:
  stage: release
  script: [npm publish]
  needs: [unit, e2e]
  environment: { name: staging, url: 'https://staging.shop.example', auto_stop_in: 1 week }
roll out:
  stage: release
  script: [./roll-out 100 %]
  when: manual
  allow_failure: false
`,
  variables: [
    { key: 'CHANNEL', value: 'beta' },
    { key: 'NPM_TOKEN', value: 'npm_0123456789abcdef', masked: true },
  ],
  /** By the names of jobs; the runners only pretend to run the others. */
  conducts: new Map<string, Conduct>([
    ['lint', succeeds('Checked 412 files in 2s. No fixes applied.')],
    ['licenses', fails(2, 'leftpad: unknown license')],
  ]),
} as const
