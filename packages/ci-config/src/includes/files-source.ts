import type { ConfigSource, ProjectFiles } from './config-source.ts'

/** Returns a source that has the given files, by path, as those of the configuration's own project, and nothing else. */
export const filesSource = (files: Readonly<Record<string, string>>): ConfigSource => ({
  files: projectFiles('', files),
})

/** Returns the given files, by path, as those of a project. */
export function projectFiles(project: string, files: Readonly<Record<string, string>>): ProjectFiles {
  const texts = new Map(Object.entries(files).map(([path, text]) => [withoutLeadingSlashes(path), text]))
  const paths = [...texts.keys()].sort()
  return {
    project,
    read: async (path) => texts.get(path) ?? null,
    list: async () => paths,
  }
}

export const withoutLeadingSlashes = (path: string): string => path.replace(/^\/+/, '')
