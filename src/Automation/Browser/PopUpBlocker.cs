using Microsoft.Playwright;

namespace IdLcm.Automation.Browser;

/// <summary>
/// What a browser with windows does against pop-ups, for one that has none: a page opens one for each thing that a person does
/// (the user activation of HTML, https://html.spec.whatwg.org/#tracking-user-activation), and is refused all others before they cost anything.
/// </summary>
internal static class PopUpBlocker
{
    // Frames of the page that the name means are no pop-ups.
    private const string Script = """
        (() => {
          const acts = () => navigator.userActivation.isActive;
          const inside = (name) => /^_(self|parent|top)$/i.test(name) || name === window.name || [self, parent, top].some((frames) => {
            try {
              return frames[name]?.window;
            } catch {
              return false;
            }
          });
          const guard = (type, method, target, refused) => {
            const original = type[method];
            type[method] = function (...given) {
              const name = target(this, given);
              return acts() || inside(name) ? Reflect.apply(original, this, given) : refused;
            };
          };
          guard(window, 'open', (_, [, name]) => name || '_blank', null);
          guard(HTMLElement.prototype, 'click', (element) => element.target || '_self');
          guard(HTMLFormElement.prototype, 'submit', (form) => form.target || '_self');
        })()
        """;

    /// <summary>Applies it to every page and frame that the context opens from now on.</summary>
    public static Task AddAsync(IBrowserContext context) => context.AddInitScriptAsync(Script);
}
