import type { JobVariable } from './predefined-variables.ts'

/**
 * Returns variables that keep the job's token from the host of a project's own repository. Runners from 18.10 on
 * configure Git to put the token into every address of that host, and Git sends it once the host answers 401. Git
 * applies the longest matching rule, so a rule wins that leaves the host's addresses unchanged and is longer by a `/`.
 * An address with its own credentials has its own rule, which is even longer.
 *
 * Git reads these variables from 2.31 on. With older versions, and with the runner's flag `FF_GIT_URLS_WITHOUT_TOKENS`,
 * the token goes where the runner sends it.
 *
 * @param chosen - the job's other variables: Git settings among them stay, and these are numbered after them.
 */
export function keepToken(repoUrl: string, chosen: readonly Pick<JobVariable, 'key' | 'value'>[]): JobVariable[] {
  const [, scheme, host] = /^(https?):\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(repoUrl) ?? []
  if (scheme === undefined || host === undefined) return []
  const address = `${scheme.toLowerCase()}://${host}/`
  const given = chosen.findLast(({ key }) => key === 'GIT_CONFIG_COUNT')?.value
  // Git rejects an invalid count, and it is not ours to correct.
  if (given !== undefined && !/^\d{1,3}$/.test(given)) return []
  const count = Number(given ?? 0)
  return [
    setting('GIT_CONFIG_COUNT', String(count + 1)),
    setting(`GIT_CONFIG_KEY_${count}`, `url.${address}.insteadOf`),
    setting(`GIT_CONFIG_VALUE_${count}`, address),
  ]
}

/** Not for service containers; raw, because an address may contain text that looks like a reference. */
const setting = (key: string, value: string): JobVariable => ({ key, value, public: false, masked: false, raw: true })
