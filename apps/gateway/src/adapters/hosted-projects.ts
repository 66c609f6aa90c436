import type { ProjectRefusal } from '@yardmaster/ci-config'
import { Agent, fetch } from 'undici'
import { z } from 'zod'
import { readBeginning } from './read-beginning.ts'

/** A server with projects whose files configurations may include. */
export interface ProjectHost {
  /** Its address, without a slash at the end. */
  readonly base: string
  /** Null to read only what is public. */
  readonly token: string | null
}

/** A commit of a project on another server. */
export interface HostedCommit {
  readonly base: string
  readonly project: string
  readonly sha: string
}

/** Milliseconds until a connection is given up. */
const CONNECT_MS = 10_000
/** Bytes of an answer that tells about a commit. */
const MOST_ABOUT_A_COMMIT = 1_048_576

const Commit = z.object({ id: z.string().regex(/^[0-9a-f]{40,64}$/) })

/**
 * Reads files of projects on other servers by the API that GitLab has for it. The addresses are the operator's, so they
 * may be in any network; but redirects are not followed, because a token goes along.
 *
 * @see `docs/pipelines.md 1`
 */
export class HostedProjects implements AsyncDisposable {
  readonly #hosts: readonly ProjectHost[]
  readonly #agent = new Agent({ connect: { timeout: CONNECT_MS } })

  constructor(hosts: readonly ProjectHost[]) {
    this.#hosts = hosts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  /**
   * Finds a project by its path on the first server that has it.
   *
   * @param ref - a branch, tag or commit; null means the default branch.
   */
  async project(path: string, ref: string | null, signal: AbortSignal): Promise<HostedCommit | ProjectRefusal> {
    return await this.#find(this.#hosts, path, ref, signal)
  }

  /** Finds the project of a component at its host, a name with its port as in an address. */
  async component(
    { host, project, version }: { host: string; project: string; version: string },
    signal: AbortSignal,
  ): Promise<HostedCommit | ProjectRefusal> {
    const hosts = this.#hosts.filter(({ base }) => new URL(base).host === host.toLowerCase())
    return await this.#find(hosts, project, version, signal)
  }

  /** Returns a file as text, or null when the commit has no such file. */
  async read({ base, project, sha }: HostedCommit, path: string, signal: AbortSignal): Promise<string | null> {
    const host = this.#hosts.find((one) => one.base === base)
    if (!host) return null
    const file = `repository/files/${encodeURIComponent(path)}/raw?ref=${sha}`
    const answer = await this.#get(host, project, file, undefined, signal)
    return 'bytes' in answer ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(answer.bytes) : null
  }

  async #find(
    hosts: readonly ProjectHost[],
    project: string,
    ref: string | null,
    signal: AbortSignal,
  ): Promise<HostedCommit | ProjectRefusal> {
    let refusal: ProjectRefusal = 'unknown'
    for (const host of hosts) {
      const found = await this.#commit(host, project, ref, signal)
      // A server that does not know the project is the usual case when there are several.
      if (typeof found !== 'string') return found
      if (refusal === 'unknown' || found !== 'denied') refusal = found
    }
    return refusal
  }

  async #commit(
    host: ProjectHost,
    project: string,
    ref: string | null,
    signal: AbortSignal,
  ): Promise<HostedCommit | ProjectRefusal> {
    const commit = `repository/commits/${encodeURIComponent(ref ?? 'HEAD')}`
    const answer = await this.#get(host, project, commit, MOST_ABOUT_A_COMMIT, signal)
    if ('bytes' in answer) {
      const sha = shaIn(answer.bytes)
      return sha === null ? 'unreachable' : { base: host.base, project, sha }
    }
    if (answer.status !== 404) return answer.status === null || answer.status >= 500 ? 'unreachable' : 'denied'
    const whole = await this.#get(host, project, '', MOST_ABOUT_A_COMMIT, signal)
    return 'bytes' in whole ? 'no-ref' : 'denied'
  }

  /** @returns the status of any answer but a good one; null when there was none. */
  async #get(
    { base, token }: ProjectHost,
    project: string,
    what: string,
    most: number | undefined,
    signal: AbortSignal,
  ): Promise<{ bytes: Uint8Array } | { status: number | null }> {
    const address = `${base}/api/v4/projects/${encodeURIComponent(project)}${what === '' ? '' : `/${what}`}`
    const headers = token === null ? {} : { 'PRIVATE-TOKEN': token }
    try {
      const response = await fetch(address, { headers, redirect: 'error', signal, dispatcher: this.#agent })
      if (response.status === 200) return { bytes: await readBeginning(response, most) }
      await response.body?.cancel()
      return { status: response.status }
    } catch {
      signal.throwIfAborted()
      return { status: null }
    }
  }
}

function shaIn(bytes: Uint8Array): string | null {
  try {
    return Commit.parse(JSON.parse(new TextDecoder().decode(bytes))).id
  } catch {
    return null
  }
}
