import { mergedForms, type ReadingForm } from './file-relation.ts'

export interface FormGroup<Member> {
  readonly members: readonly Member[]
  readonly form: ReadingForm
}

/** Gathers files that one SELECT can read: as few groups as their columns allow. */
export class FormGroups<Member> {
  readonly #kinds = new Map<string, { members: Member[]; form: ReadingForm }[]>()

  /** @param kind `kindOfForm` of the form */
  add(member: Member, form: ReadingForm, kind: string): void {
    const groups = this.#kinds.get(kind)
    if (groups === undefined) {
      this.#kinds.set(kind, [{ members: [member], form }])
      return
    }
    for (const group of groups) {
      const merged = mergedForms(group.form, form)
      if (merged === null) continue
      group.members.push(member)
      group.form = merged
      return
    }
    groups.push({ members: [member], form })
  }

  groups(): readonly FormGroup<Member>[] {
    return [...this.#kinds.values()].flat()
  }
}
