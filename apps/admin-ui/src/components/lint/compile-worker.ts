import { compile, type Fault } from '@yardmaster/ci-config'

/** The faults of a text, as far as the text alone tells. */
export interface TextFaults {
  readonly errors: readonly Fault[]
  readonly warnings: readonly Fault[]
}

/** Faults of each kind that are shown. */
const MOST = 200

/** What is said of files that are not at hand here. */
const NOT_AT_HAND = /does not exist!|fetches no addresses!|^include:(?:project|component) /

/** Files that are not at hand are not missing: the server says whether they are. */
const isKnown = ({ message }: Fault): boolean => !NOT_AT_HAND.test(message)

addEventListener('message', ({ data }: MessageEvent<string>) => {
  compile(data).then(
    (compiled) => {
      const errors = compiled.valid ? [] : compiled.errors.filter(isKnown)
      postMessage({ errors: errors.slice(0, MOST), warnings: compiled.warnings.slice(0, MOST) } satisfies TextFaults)
    },
    () => postMessage({ errors: [], warnings: [] } satisfies TextFaults),
  )
})
