import { type FakeRunner, info, SHELL_FEATURES } from '../support/fake-runner.ts'
import { request } from './load.ts'

/** Returns an ordinary runner's job request; `lastUpdate` is the queue value that it repeats. */
export function pollRequest(
  { token, systemId }: Pick<FakeRunner, 'token' | 'systemId'>,
  lastUpdate: string | null,
): Buffer {
  return request(
    'POST',
    '/api/v4/jobs/request',
    { 'User-Agent': 'gitlab-runner 18.5.0', 'Content-Type': 'application/json', Accept: 'application/json' },
    JSON.stringify({
      info: info(SHELL_FEATURES, true),
      token,
      system_id: systemId,
      ...(lastUpdate !== null && { last_update: lastUpdate }),
    }),
  )
}
