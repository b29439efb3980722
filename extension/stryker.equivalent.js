/** Changes that nobody could notice, for Stryker: one rule for all places that are alike. */

/** What a text was before Stryker put its own changes of it beside it, which it does from left to right. */
function original(node) {
  if (node?.type === "ConditionalExpression") return original(node.alternate);
  return node?.type === "SequenceExpression" ? original(node.expressions.at(-1)) : node?.value;
}

/** `{ once: true }` of a listener for `abort`: a signal aborts once. */
const onceOnly = {
  shouldIgnore({ node, parentPath }) {
    const isOnce = node.type === "ObjectExpression" && node.properties.some(({ key }) => key?.name === "once");
    const [event] = parentPath?.node.arguments ?? [];
    return isOnce && original(event) === "abort" ? "a signal aborts once" : undefined;
  },
};

export const strykerPlugins = [{ kind: "Ignore", name: "once-only", value: onceOnly }];
