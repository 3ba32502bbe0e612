/** As people say it: "1 key", "2 keys". Words that take more than an s are given both ways. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
