import { describe, expect, it } from 'vitest'
import { PIPELINE_EVENT_VERSION, pipelineOfEvent, readPipelineEvent } from './pipeline-event.ts'

/** As the first release with such events stored it. */
const FIRST = {
  version: 1,
  ...{ id: 7, iid: 3, project_id: 2, status: 'running', ref: 'main', tag: false, sha: 'a'.repeat(40) },
  ...{ before_sha: null, source: 'push', name: null, commit_title: 'Light the lamp', created_by: 'admin_token' },
  ...{ created_at: '2026-11-01T10:00:00+00:00', started_at: '2026-11-01T10:00:05+00:00', finished_at: null },
  ...{ duration: null, coverage: null, parent_id: null },
}

describe('the event of a pipeline', () => {
  it('is read in its first form, which knew no working trees', () => {
    expect(pipelineOfEvent(readPipelineEvent(FIRST), 'yard/lamp')).toMatchObject({
      ...{ id: 7, status: 'running', projectPath: 'yard/lamp', run: null },
      startedAt: new Date('2026-11-01T10:00:05Z'),
    })
  })

  it('is read in its newest form', () => {
    const newest = { ...FIRST, version: PIPELINE_EVENT_VERSION, run: 'one' }
    expect(pipelineOfEvent(readPipelineEvent(newest), 'yard/lamp').run).toBe('one')
  })
})
