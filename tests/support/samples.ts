/** A job that demonstrates something. */
export interface Sample {
  readonly name: string
  readonly definition: Readonly<Record<string, unknown>>
  readonly variables?: readonly Record<string, unknown>[]
}

const tags = ['demo']

/** Returns lines that print a section, folded at first. */
const section = (name: string, title: string, ...lines: readonly string[]): string =>
  [
    `printf 'section_start:%s:${name}[collapsed=true]\\r\\033[0K${title}\\n' "$(date +%s)"`,
    ...lines,
    `printf 'section_end:%s:${name}\\r\\033[0K' "$(date +%s)"`,
  ].join('\n')

/** The sample to look at while it runs. */
export const SLOW: Sample = {
  name: 'slow',
  definition: {
    tags,
    script: ['for step in $(seq 1 12); do echo "step $step of 12"; sleep 1; done', 'echo "all steps done"'],
  },
}

/** The samples for newcomers: each shows one thing, and the last one waits for ever. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'colours',
    definition: {
      tags,
      script: [
        `printf '\\033[31mred \\033[32mgreen \\033[33myellow \\033[34mblue \\033[1mbold\\033[0m\\n'`,
        section('numbers', 'A section that opens on a click', 'seq 1 20'),
        `printf '\\033[32;1mEverything is fine\\033[0m\\n'`,
      ],
      after_script: ['echo "after_script sees the status: done"'],
    },
  },
  { name: 'failing', definition: { tags, script: ['echo "about to fail"', 'exit 3'] } },
  {
    name: 'unicode',
    definition: { tags, script: ['echo "Grüße, 世界, привет, 🚂🚃🚃"', 'echo "the password is $PASSWORD"'] },
    variables: [{ key: 'PASSWORD', value: 'correct-horse', masked: true }],
  },
  {
    name: 'artifacts',
    definition: {
      tags,
      script: [
        'rm -rf out && mkdir -p out/notes',
        'echo "Hello from a file in an archive" > out/notes/hello.txt && seq 1 500 > out/numbers.txt',
        `echo '<testsuite name="demo" tests="1"><testcase name="works"/></testsuite>' > junit.xml`,
      ],
      artifacts: { paths: ['out/'], expire_in: '1 week', reports: { junit: 'junit.xml' } },
    },
  },
  SLOW,
  { name: 'waiting', definition: { tags: ['no-runner-has-this-tag'], script: ['echo never'] } },
]

/** A pipeline for newcomers: with needs, a matrix, and a job that waits for a person. */
export const SAMPLE_PIPELINE = `
stages: [build, test, deploy]
workflow: { name: Sample pipeline }
default: { tags: [demo] }

build:
  stage: build
  script: ['echo "building for $PLATFORM"', sleep 1]
  parallel:
    matrix: [{ PLATFORM: [linux, mac] }]

unit: { stage: test, script: [echo "12 tests passed"], needs: ['build: [linux]'] }
lint: { stage: test, script: [echo "a warning", exit 1], needs: [], allow_failure: true }

deploy:
  stage: deploy
  script: [echo "deployed"]
  when: manual
  allow_failure: false
`
