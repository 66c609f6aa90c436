import { describe, expect, it } from 'vitest'
import { createProject } from '../projects/change-project.ts'
import { createFrom, idOf, pipelineOf, runAll } from '../testing/pipeline-scene.ts'
import { services, setUpScene } from '../testing/scene.ts'
import { readBadge } from './read-badge.ts'

setUpScene()

const CONFIG = 'a: { script: [x] }'
let made = 0
/** Returns what a new project has on a ref, and how to create pipelines there. */
async function newProject() {
  made += 1
  const project = await createProject(services, { path: `badge/${made}` })
  if (!project.ok) throw new Error(project.error.kind)
  const projectId = project.value.id
  return {
    badge: (ref = 'main') => readBadge(services, { projectId, ref }),
    start: (ref = 'main', content = CONFIG) => createFrom(content, { projectId, ref }),
    /** Runs a pipeline to its end, with this coverage. */
    async run(coverage: number | null, { ref = 'main', failing = [] as string[] } = {}) {
      const pipeline = await createFrom(CONFIG, { projectId, ref })
      await runAll(failing)
      const id = idOf(pipeline, 'a')
      if (coverage !== null) await services.traces.noteCoverage(id, coverage)
      await services.pipelines.settle([pipeline.id])
    },
  }
}

describe('the status that a badge shows', () => {
  it('is that of the newest pipeline of the ref', async () => {
    const { badge, run, start } = await newProject()
    expect(await badge()).toEqual({ status: null, coverage: null })
    await run(null)
    await run(null, { ref: 'other', failing: ['a'] })
    expect((await badge()).status).toBe('success')
    expect((await badge('other')).status).toBe('failed')
    const { id } = await start()
    await pipelineOf(id)
    expect((await badge()).status).toBe('pending')
    expect((await badge('none')).status).toBe(null)
  })

  it('passes over pipelines that were skipped', async () => {
    const { badge, run, start } = await newProject()
    await run(null, { failing: ['a'] })
    const { id } = await start('main', 'a: { script: [x], when: on_failure }')
    expect((await pipelineOf(id)).status).toBe('skipped')
    expect((await badge()).status).toBe('failed')
  })

  it('is not that of a pipeline that was removed', async () => {
    const { badge, run, start } = await newProject()
    await run(null)
    const failed = await start()
    await runAll(['a'])
    await pipelineOf(failed.id)
    expect((await badge()).status).toBe('failed')
    await services.pipelines.remove(failed.id)
    expect((await badge()).status).toBe('success')
  })
})

describe('the coverage that a badge shows', () => {
  it('is that of the newest successful pipeline that measured any', async () => {
    const { badge, run } = await newProject()
    await run(71.5)
    await run(null)
    await run(12, { failing: ['a'] })
    expect(await badge()).toEqual({ status: 'failed', coverage: 71.5 })
    await run(0)
    expect(await badge()).toEqual({ status: 'success', coverage: 0 })
    expect((await badge('other')).coverage).toBe(null)
  })
})
