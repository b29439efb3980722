/** Changes that nobody could notice, for Stryker: one rule for all places that are alike. */

/** `{ once: true }` of a listener for `abort`: a signal aborts once. */
const onceOnly = {
  shouldIgnore({ node, parentPath }) {
    const isOnce = node.type === "ObjectExpression" && node.properties.some(({ key }) => key?.name === "once");
    const [event] = parentPath?.node.arguments ?? [];
    return isOnce && event?.value === "abort" ? "a signal aborts once" : undefined;
  },
};

export const strykerPlugins = [{ kind: "Ignore", name: "once-only", value: onceOnly }];
