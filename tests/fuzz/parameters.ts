import type { Random } from './random.ts'
import type { World } from './world.ts'

/** Parameters of the runner protocol; each request has some. */
export const PARAMETERS: Readonly<Record<string, (random: Random, world: World) => unknown>> = {
  token: (random, world) => tokenOf(random, world),
  system_id: (random) => `s_${random.below(9)}`,
  last_update: (_, world) => world.runner?.lastUpdate ?? 'x',
  job_age: (random) => random.below(100),
  info: () => ({ name: 'gitlab-runner', version: '18.5.0', features: { cancelable: true }, config: { gpus: '' } }),
  session: () => ({ url: 'https://127.0.0.1:9/', certificate: '', authorization: 'x' }),
  state: (random) => (random.chance(0.9) ? 'running' : random.pick(['success', 'failed'])),
  failure_reason: (random) => random.pick(['script_failure', 'unknown', 'x']),
  exit_code: (random) => random.pick([0, 1, -1, 4_294_967_295]),
  checksum: (_, world) => `crc32:${world.checksum.toString(16)}`,
  output: (_, world) => ({ checksum: `crc32:${world.checksum.toString(16)}`, bytesize: 5 }),
  description: () => 'fuzz',
  tag_list: () => 'a,b',
  run_untagged: () => true,
  locked: () => false,
  paused: () => false,
  access_level: (random) => random.pick(['not_protected', 'ref_protected']),
  maximum_timeout: (random) => random.pick([600, 1, -1]),
  runner_type: (random) => random.pick(['instance_type', 'project_type', 'group_type']),
  project_id: (random, world) => random.pick(world.projectIds),
  private_token: (_, world) => world.adminToken,
  artifact_type: (random) => random.pick(['archive', 'junit', 'dotenv', 'annotations', 'metadata']),
  artifact_format: (random) => random.pick(['zip', 'gzip', 'raw']),
  expire_in: (random) => random.pick(['1 day', 'never', 'x']),
  accessibility: (random) => random.pick(['public', 'private']),
  filesize: (random) => random.below(1000),
  debug_trace: () => true,
  direct_download: (random) => random.chance(0.5),
  format: (random) => random.pick(['json', 'xml']),
}

export const UPLOAD_FIELDS = ['artifact_type', 'artifact_format', 'expire_in', 'accessibility']

export function tokenOf(random: Random, world: World): string {
  const job = random.pick([...world.jobs, undefined])
  return random.pick([world.runner?.token, world.registrationToken, job?.token, 'wrong', '']) ?? ''
}
