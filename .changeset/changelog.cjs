// Writes the lines of the changelogs: the sentences of the changesets, and nothing else. All packages carry one number,
// so "Updated dependencies" says nothing; and a commit says nothing to a reader of a changelog.

/** @param {{ summary: string }} changeset */
const getReleaseLine = async ({ summary }) => {
  const [first = '', ...more] = summary.trim().split('\n')
  return [`- ${first}`, ...more.map((line) => (line === '' ? '' : `  ${line}`))].join('\n')
}

const getDependencyReleaseLine = async () => ''

module.exports = { getReleaseLine, getDependencyReleaseLine }
