import { execFileSync } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '../support/fixtures.ts'
import { Gateway, temporaryDirectory } from '../support/gateway.ts'

/** Mounts a small disk. Returns null when this user may not mount one. */
function mountSmallDisk(path: string): { unmount(): void } | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m,mode=0700', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return null
  }
  return { unmount: () => execFileSync('umount', ['--lazy', path], { stdio: 'ignore' }) }
}

/** Fills the disk to the last block. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (let size = 1_048_576; size >= 4_096; size /= 2) {
      const piece = Buffer.alloc(size)
      // A short write comes before the one that fails.
      while (
        await file.write(piece).then(
          ({ bytesWritten }) => bytesWritten === size,
          () => false,
        )
      );
    }
  } finally {
    await file.close()
  }
}

test('a full disk is named: /readyz is 503, a start fails with the reason, and with free space all works again', async ({
  storage,
}) => {
  test.skip(storage.kind !== 'embedded', 'concerns files only')
  const directory = await temporaryDirectory()
  const disk = mountSmallDisk(directory.path)
  test.skip(disk === null, 'needs the right to mount a small disk (root on Linux)')
  try {
    const filler = join(directory.path, 'filler')
    const gateway = await Gateway.start(directory.path)
    const readiness = async () => {
      const response = await fetch(`${gateway.url}/readyz`)
      return [response.status, await response.json()]
    }
    expect(await readiness()).toMatchObject([200, { status: 'ready' }])
    await fill(filler)
    await expect.poll(readiness).toMatchObject([503, { objects: 'down', down: { objects: 'the disk is full' } }])
    await gateway.kill()
    const start = Gateway.start(directory.path)
    await expect(start).rejects.toThrow(/^The disk is full: nothing can be written to \S+ \(DATA_DIR\)/m)
    await expect(start).rejects.toMatchObject({ exitCode: 1 })

    await rm(filler)
    const again = await Gateway.start(directory.path)
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200)
    expect(await again.stop()).toBe(0)
  } finally {
    disk?.unmount()
    await directory.dispose()
  }
})
