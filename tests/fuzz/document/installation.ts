import { Admin } from '../../support/admin.ts'
import { FakeRunner } from '../../support/fake-runner.ts'
import type { Gateway } from '../../support/gateway.ts'
import { notNull } from '../../support/not-null.ts'
import type { Operation } from '../../support/openapi.ts'
import { zipOf } from '../../support/zip.ts'
import type { Random } from '../random.ts'
import type { Known } from './values.ts'

interface Ids {
  readonly projects: readonly number[]
  readonly runners: readonly number[]
  readonly jobs: readonly number[]
  readonly pipelines: readonly number[]
  readonly environments: readonly number[]
  readonly webhooks: readonly number[]
  readonly projectTokens: readonly number[]
  readonly deliveries: readonly number[]
  readonly schedules: readonly number[]
  readonly groups: readonly number[]
}

const NONE: Ids = {
  ...{ projects: [], runners: [], jobs: [], pipelines: [], schedules: [], environments: [] },
  ...{ webhooks: [], projectTokens: [], deliveries: [], groups: [] },
}
const SETTINGS = {
  maintenance: false,
  projectRegistration: true,
  groupRegistration: true,
  archiveAfter: null,
  maxStoredBytes: null,
}
/** Addresses on this machine at which nothing listens, so that nothing is sent elsewhere. */
const NOWHERE = ['http://127.0.0.1:9/hook', 'http://127.0.0.1:9/group/project.git']

const DEPLOYING =
  '{deploy: {script: ["true"], resource_group: qa, environment: {name: qa, on_stop: stop}}, stop: {script: ["true"], when: manual, environment: {name: qa, action: stop}}}'

const CONFIGURATION =
  'default: { tags: [nobody] }\na: { script: [x] }\nb: { stage: deploy, script: [x], when: manual }\n'

/** The subjects of requests: a project, runners, a webhook and jobs in several states, renewed as they are used up. */
export class Installation {
  readonly #gateway: Gateway
  readonly #admin: Admin
  #ids = NONE
  #made = 0

  constructor(gateway: Gateway) {
    this.#gateway = gateway
    this.#admin = new Admin(gateway.url, { token: gateway.adminToken })
  }

  /** Removes everything, in whatever state it is, and creates it again. */
  async renew(): Promise<void> {
    const admin = this.#admin
    await admin.mutate('settings.update', SETTINGS)
    for (const kind of ['webhooks', 'runners', 'projects'] as const) await this.#removeAll(kind)
    this.#made += 1
    const project = await admin.mutate('projects.create', { path: `yard-${process.pid}/fuzz-${this.#made}` })
    const { id: webhook } = await admin.mutate('webhooks.create', {
      url: NOWHERE[0],
      projectId: project.id,
      statuses: ['success'],
    })
    await admin.mutate('webhooks.test', { id: webhook })
    const { id: projectToken } = await admin.mutate('projectTokens.create', {
      ...{ projectId: project.id, name: 'fuzz', access: 'read' },
    })
    const { registrationToken } = await admin.query('settings.get')
    const runner = await FakeRunner.register(this.#gateway.url, notNull(registrationToken), { tagList: 'fuzz' })
    const { id: projectRunner } = await admin.mutate('runners.create', {
      runnerType: 'project_type',
      projectId: project.id,
    })
    const { id: schedule } = await admin.mutate('schedules.create', {
      ...{ projectId: project.id, description: 'fuzz', cron: '0 4 * * *', content: CONFIGURATION },
    })
    const jobs = await this.#makeJobs(project.id, runner)
    await admin.mutate('pipelines.create', { projectId: project.id, content: DEPLOYING })
    const pipelines = await admin.query('pipelines.list', { projectId: project.id })
    const environments = await admin.query('environments.list', { projectId: project.id })
    const deliveries = await admin.query('webhooks.deliveries', { id: webhook })
    const groups = await admin.query('groups.list')
    this.#ids = {
      projects: [project.id, 1],
      runners: [projectRunner, runner.id],
      jobs,
      pipelines: pipelines.items.map(({ id }) => id),
      schedules: [schedule],
      environments: environments.items.map(({ id }) => id),
      webhooks: [webhook],
      projectTokens: [projectToken],
      deliveries: deliveries.items.map(({ id }) => id),
      groups: groups.slice(-2).map(({ id }) => id),
    }
  }

  /** Finds real values for the members of an operation's input. */
  readonly known = (operation: Operation): Known => {
    const noun = operation.id.split('.')[0] ?? ''
    return (random, name) => {
      if (noun === 'resourceGroups' && name === 'name') return random.chance(0.7) ? 'qa' : undefined
      return this.#valueFor(random, name === 'id' ? noun : name)
    }
  }

  #valueFor(random: Random, name: string): unknown {
    const some = (ids: readonly number[]) => (ids.length > 0 && random.chance(0.85) ? random.pick(ids) : undefined)
    switch (name) {
      case 'jobs':
      case 'jobId':
        return some(this.#ids.jobs)
      case 'pipelines':
        return some(this.#ids.pipelines)
      case 'schedules':
        return some(this.#ids.schedules)
      case 'cron':
        return random.chance(0.7) ? '0 4 * * *' : undefined
      case 'timeZone':
        return random.chance(0.7) ? 'Europe/Berlin' : undefined
      case 'environments':
        return some(this.#ids.environments)
      case 'projects':
      case 'projectId':
        return some(this.#ids.projects)
      case 'runners':
      case 'runnerId':
        return some(this.#ids.runners)
      case 'groups':
      case 'groupId':
        return some(this.#ids.groups)
      case 'webhooks':
        return some(this.#ids.webhooks)
      case 'projectTokens':
        return some(this.#ids.projectTokens)
      case 'deliveryId':
        return some(this.#ids.deliveries)
      case 'address':
        return NOWHERE[1]
      case 'url':
      case 'repoUrl':
        return random.pick(NOWHERE)
      case 'content':
        return random.chance(0.7) ? CONFIGURATION : undefined
      case 'definition':
        return random.chance(0.7) ? { script: ['true'], tags: ['nobody'] } : undefined
      default:
        return undefined
    }
  }

  /** Makes a pending job, a running one, one that succeeded with a log and an archive, and one that failed. */
  async #makeJobs(projectId: number, runner: FakeRunner): Promise<number[]> {
    const create = (tags: string[], more: Record<string, unknown> = {}) =>
      this.#admin.mutate('jobs.create', {
        projectId,
        name: 'fuzz',
        definition: { script: ['true'], tags, ...more },
      })
    for (let count = 0; count < 3; count++) await create(['fuzz'])
    const [running, succeeded, failed] = [await runner.take(), await runner.take(), await runner.take()]
    await running.say('\x1b[0Ksection_start:1700000000:build\r\x1b[0Kone\n\x1b[31mtwo\x1b[0m\nthree 日本\n')
    await succeeded.say('done\n'.repeat(100))
    await succeeded.upload(
      zipOf([
        { name: 'a.txt', bytes: 'hello' },
        { name: 'dir/b.txt', bytes: 'b' },
      ]),
    )
    await succeeded.finish('success')
    await failed.finish('failed')
    const waiting = await create(['nobody'])
    const manual = await create(['nobody'], { when: 'manual' })
    return [running.id, succeeded.id, failed.id, waiting.id, manual.id]
  }

  /** Removes all of a kind, because growing lists would slow down a run. */
  async #removeAll(kind: 'webhooks' | 'runners' | 'projects'): Promise<void> {
    for (let left = 20; left > 0; left--) {
      const { items } = await this.#admin.query<{ items: { id: number }[] }>(`${kind}.list`, { limit: 100 })
      const ids = items.map(({ id }) => id).filter((id) => kind !== 'projects' || id !== 1)
      await Promise.all(ids.map((id) => this.#admin.mutate(`${kind}.remove`, { id })))
      if (items.length < 100) return
    }
  }
}
