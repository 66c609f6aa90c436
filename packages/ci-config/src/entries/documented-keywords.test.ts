import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GLOBAL_KEYS } from './configuration.ts'
import { JOB_KEYWORDS } from './job.ts'

const page = readFileSync(new URL('../../../../docs/pipelines.md', import.meta.url), 'utf8')
const [, global = '', jobs = ''] =
  /^## 9\. Each keyword\n(.*?)\nIn a job:\n(.*?)(?:\n## |$(?![\s\S]))/ms.exec(page) ?? []

/** Returns the keywords in the first column of a table. */
const keywordsIn = (table: string): string[] =>
  table.split('\n').flatMap((line) => line.split('|')[1]?.match(/(?<=`)[a-z_]+(?=`)/g) ?? [])

describe('the documented keywords', () => {
  it('at the top level are those that the compiler knows', () => {
    expect(keywordsIn(global).sort()).toEqual([...GLOBAL_KEYS, 'spec'].sort())
  })

  it('of jobs are those that the compiler knows, and those that only GitLab has', () => {
    expect(keywordsIn(jobs).sort()).toEqual([...JOB_KEYWORDS, 'trigger', 'identity', 'dast_configuration'].sort())
  })
})
