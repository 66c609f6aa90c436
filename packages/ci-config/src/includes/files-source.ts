import type { ConfigSource, ProjectFiles } from './config-source.ts'

/** Returns a source that has the given files, by path, as those of the configuration's own project, and nothing else. */
export const filesSource = (files: Readonly<Record<string, string>>): ConfigSource => ({
  files: projectFiles('', files),
})

/** Returns the given files, by path, as those of a project. A text is taken only when it is read. */
export function projectFiles(project: string, files: Readonly<Record<string, string>>): ProjectFiles {
  const names = new Map(Object.keys(files).map((path) => [withoutLeadingSlashes(path), path]))
  const paths = [...names.keys()].sort()
  return {
    project,
    read: async (path) => {
      const name = names.get(path)
      return name === undefined ? null : (files[name] ?? null)
    },
    list: async () => paths,
  }
}

export const withoutLeadingSlashes = (path: string): string => path.replace(/^\/+/, '')
