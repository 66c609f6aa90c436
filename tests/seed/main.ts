// Fills an installation with projects, runners, pipelines and jobs in every status, over its public interfaces, and
// keeps the runners alive until it gets a signal: `npm run dev -- --seed`.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Admin } from '../support/admin.ts'
import { WebhookReceiver } from '../support/webhook-receiver.ts'
import type { Conduct } from './conducts.ts'
import { keyOf, startFleet } from './fleet.ts'
import { CONFIGURED, PIPELINES, PROJECTS } from './pipelines.ts'

/** Printed at the beginning of a line when everything is there. */
const SEEDED = 'Seeded'

/** Every status in which a job can stay. */
const STATUSES = [
  ...['created', 'waiting_for_resource', 'manual', 'scheduled', 'pending'],
  ...['running', 'canceling', 'success', 'failed', 'canceled', 'skipped'],
]
const UNSETTLED = ['created', 'pending']
const LOOK_MS = 200

interface Job {
  readonly id: number
  readonly name: string
  readonly status: string
  readonly pipelineId: number
}

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort())

try {
  await seed(await findInstallation(), stop.signal)
} catch (error) {
  if (!stop.signal.aborted) throw error
}

async function seed(admin: Admin, signal: AbortSignal): Promise<void> {
  await using receiver = await WebhookReceiver.open()
  await using broken = await WebhookReceiver.open()
  broken.status = 500

  const projects = new Map<string, number>()
  for (const project of PROJECTS) {
    const { id } = await admin.mutate('projects.create', project)
    projects.set(project.path, id)
  }
  await admin.mutate('webhooks.create', { url: receiver.url, statuses: ['success', 'failed', 'canceled'] })
  await admin.mutate('webhooks.create', { url: broken.url, statuses: ['failed'], projectId: projects.get('shop/web') })

  const conducts = new Map<string, Conduct>()
  for (const pipeline of PIPELINES) await createPipeline(admin, pipeline, projects, conducts)
  await createConfigured(admin, projects, conducts)
  const { stopped } = await startFleet(admin, conducts, signal)
  await cancel(admin, 'migrate', signal)
  const jobs = await settled(admin, conducts, signal)
  console.log(`${SEEDED} ${PROJECTS.length} projects, ${PIPELINES.length + 1} pipelines and ${jobs.length} jobs.`)
  await stopped
}

async function createPipeline(
  admin: Admin,
  { project, ref, jobs }: (typeof PIPELINES)[number],
  projects: ReadonlyMap<string, number>,
  conducts: Map<string, Conduct>,
): Promise<void> {
  const { ids } = await admin.mutate('jobs.createMany', {
    projectId: projects.get(project),
    ref,
    jobs: jobs.map(({ name, stage, definition }) => ({
      name,
      stage,
      definition: { script: [`make ${name.replaceAll(' ', '-')}`], ...definition },
    })),
  })
  const { pipelineId } = await admin.query('jobs.get', { id: ids[0] })
  for (const [index, { name, conduct, canceled }] of jobs.entries()) {
    if (conduct) conducts.set(keyOf(pipelineId, name), conduct)
    // Canceled before any runner could take it.
    else if (canceled) await admin.mutate('jobs.cancel', { id: ids[index] })
  }
}

async function createConfigured(
  admin: Admin,
  projects: ReadonlyMap<string, number>,
  conducts: Map<string, Conduct>,
): Promise<void> {
  const { project, conducts: own, ...pipeline } = CONFIGURED
  const { id } = await admin.mutate('pipelines.create', { ...pipeline, projectId: projects.get(project) })
  for (const [name, conduct] of own) conducts.set(keyOf(id ?? 0, name), conduct)
}

async function listed(admin: Admin): Promise<readonly Job[]> {
  return (await admin.query('jobs.list', { limit: 100 })).items
}

/** Cancels a job as soon as it runs. */
async function cancel(admin: Admin, name: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const job = (await listed(admin)).find((candidate) => candidate.name === name)
    if (job?.status === 'running') return void (await admin.mutate('jobs.cancel', { id: job.id }))
    await pause(LOOK_MS, undefined, { signal })
  }
}

/** Resolves with all jobs once the runners have done their part, and there is a job in every status. */
async function settled(admin: Admin, conducts: ReadonlyMap<string, Conduct>, signal: AbortSignal) {
  for (;;) {
    const jobs = await listed(admin)
    const statuses = new Set(jobs.map(({ status }) => status))
    const isUnderWay = jobs.some(
      ({ pipelineId, name, status }) => conducts.has(keyOf(pipelineId, name)) && UNSETTLED.includes(status),
    )
    if (!isUnderWay && STATUSES.every((status) => statuses.has(status))) return jobs
    await pause(LOOK_MS, undefined, { signal })
  }
}

/** Waits for the installation at `YARDMASTER_URL`. Uses the token that it stores in `DATA_DIR`. */
async function findInstallation(): Promise<Admin> {
  const { YARDMASTER_URL: url = '', DATA_DIR = './data', ADMIN_TOKEN } = process.env
  while (
    !(await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    await pause(LOOK_MS, undefined, { signal: stop.signal })
  }
  return new Admin(url, { token: ADMIN_TOKEN || (await readFile(join(DATA_DIR, 'admin-token'), 'utf8')).trim() })
}
