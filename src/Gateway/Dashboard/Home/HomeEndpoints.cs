using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Something that needs a person now.</summary>
/// <param name="Tone">How bad it is.</param>
/// <param name="Label">What kind of thing it is.</param>
/// <param name="Text">What it is about.</param>
/// <param name="Detail">More.</param>
/// <param name="Href">Where to deal with it.</param>
/// <param name="At">Since when, or until when.</param>
/// <param name="Cause">Where the failed operation is looked into that it comes from; null where it is that itself, or comes from none.</param>
internal sealed record HomeTodo(string Tone, string Label, string Text, string Detail, string Href, DateTimeOffset? At, string? Cause = null);

/// <summary>What Home shows.</summary>
internal sealed record HomeModel
{
    public required int Integrations { get; init; }

    /// <summary>How many integrations have not been counted yet since the gateway started: the figures lack them.</summary>
    public required int Uncounted { get; init; }

    public required IReadOnlyDictionary<string, int> ByTone { get; init; }

    public required IReadOnlyList<HomeTodo> Todo { get; init; }

    /// <summary>How many things need a person, shown or not.</summary>
    public required int AllTodo { get; init; }

    /// <summary>The page of all of them that is shown, from 1; null where the first ones are.</summary>
    public required int? Page { get; init; }

    /// <summary>Which of them are shown.</summary>
    public ListRange Range => new((((Page ?? 1) - 1) * PageSize) + 1, Todo.Count, AllTodo, IsAll: true);

    public string? Next => Page is { } page && page * PageSize < AllTodo ? $"/?all=true&page={page + 1}#attention" : null;

    /// <summary>How many things a page of all of them shows.</summary>
    public const int PageSize = 100;

    public required IReadOnlyList<int> Succeeded { get; init; }

    public required IReadOnlyList<int> Failed { get; init; }

    public required DateTimeOffset LastHour { get; init; }

    /// <summary>How long people waited, shortest first, with the hour in which it ended.</summary>
    public required IReadOnlyList<(int Hour, TimeSpan Time)> Onboarding { get; init; }

    public required int Waiting { get; init; }

    public required IReadOnlyList<(string Name, string Id, int Waiting)> Queues { get; init; }

    public double? SuccessRate => Succeeded.Sum() + Failed.Sum() is > 0 and var all ? (double)Succeeded.Sum() / all : null;

    /// <summary>A percentile of the time to onboard; null without any.</summary>
    public TimeSpan? Percentile(double share) => Percentile(Onboarding, share);

    public static TimeSpan? Percentile(IReadOnlyList<(int Hour, TimeSpan Time)> sorted, double share) =>
        sorted.Count == 0 ? null : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))].Time;
}

/// <summary>Home: what needs a person now, then health at a glance.</summary>
internal static class HomeEndpoints
{
    private const int MaxTodo = 12;
    private static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(30);

    public static void Map(RouteGroupBuilder pages) => pages.MapGet("/", ShowAsync).Needs(Permission.ReadIntegrations);

    /// <summary>Shows Home.</summary>
    public static async Task<IResult> ShowAsync(HttpContext http, IntegrationStore integrations, IntegrationViews views, HealthBoard board, TimeProvider clock, string? all = null, string? page = null)
    {
        var caller = ApiCaller.Of(http);
        var now = clock.GetUtcNow();
        var todo = new List<HomeTodo>();
        var (succeeded, failed) = (new int[IntegrationHealth.Hours], new int[IntegrationHealth.Hours]);
        var onboarding = new List<(int Hour, TimeSpan Time)>();
        var queues = new List<(string Name, string Id, int Waiting)>();
        var tones = new Dictionary<string, int>(StringComparer.Ordinal);
        var (count, uncounted) = (0, 0);
        foreach (var integration in await integrations.ListAsync(http.RequestAborted))
        {
            if (!caller.MayUse(integration.Id))
            {
                continue;
            }

            count++;
            var view = await views.ViewAsync(integration, http.RequestAborted);
            var tone = Words.Tone(view.Status);
            tones[tone] = tones.GetValueOrDefault(tone) + 1;
            if (await board.FindAsync(integration.Id, http.RequestAborted) is not { } health)
            {
                uncounted++;
                continue;
            }

            todo.AddRange(Todo(view, health, now));
            onboarding.AddRange(health.Onboarding);
            for (var i = 0; i < IntegrationHealth.Hours; i++)
            {
                succeeded[i] += health.Succeeded[i];
                failed[i] += health.NotSucceeded[i];
            }

            if (health.Waiting > 0)
            {
                queues.Add((integration.Name, integration.Id, health.Waiting));
            }
        }

        onboarding.Sort((one, other) => one.Time.CompareTo(other.Time));
        var ordered = todo.OrderBy(item => item.Tone == "bad" ? 0 : 1).ThenByDescending(item => item.At).ToList();
        int? number = all is null ? null : Math.Clamp(int.TryParse(page, out var given) ? given : 1, 1, Math.Max(1, (ordered.Count + HomeModel.PageSize - 1) / HomeModel.PageSize));
        return PageResult.Of<HomePage, HomeModel>(new HomeModel
        {
            Integrations = count,
            Uncounted = uncounted,
            ByTone = tones,
            Todo = number is { } shown ? [.. ordered.Skip((shown - 1) * HomeModel.PageSize).Take(HomeModel.PageSize)] : [.. ordered.Take(MaxTodo)],
            AllTodo = ordered.Count,
            Page = number,
            Succeeded = succeeded,
            Failed = failed,
            LastHour = now,
            Onboarding = onboarding,
            Waiting = queues.Sum(queue => queue.Waiting),
            Queues = [.. queues.OrderByDescending(queue => queue.Waiting).Take(5)],
        });
    }

    private static IEnumerable<HomeTodo> Todo(IntegrationView view, IntegrationHealth health, DateTimeOffset now)
    {
        var integration = view.Integration;
        var home = $"/integrations/{integration.Id}";

        // What failed and already waits for somebody as a task or an approval is one thing: it is told of there.
        var asked = health.Tasks.Select(task => task.OperationId).Concat(health.Approvals.Select(approval => approval.OperationId)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var failed = health.Failed.Where(operation => asked.Contains(operation.Id)).Select(operation => operation.Id).ToHashSet(StringComparer.Ordinal);
        if (integration.Validation is { Passed: false } validation && view.Status is not (IntegrationStatus.UnderValidation or IntegrationStatus.Validating) && !asked.Contains(validation.OperationId))
        {
            var finding = validation.Findings.FirstOrDefault(f => !f.Passed);
            yield return new HomeTodo("bad", "Validation failed", integration.Name, finding?.Detail ?? "", $"{home}/operations/{validation.OperationId}", validation.EndedAt);
        }

        foreach (var operation in health.Failed.Where(operation => operation.Kind != OperationKind.Validate && !asked.Contains(operation.Id)))
        {
            var halted = operation.Status == OperationStatus.Halted;
            if (halted && view.HaltedPlanId != operation.Id)
            {
                // Somebody has decided about its plan.
                continue;
            }

            yield return new HomeTodo(
                halted ? "warn" : "bad",
                halted ? "Sync halted" : $"{operation.Kind} failed",
                operation.Kind == OperationKind.Sync ? integration.Name : $"{operation.Target} in {integration.Name}",
                operation.Failure is { } failure ? $"{failure.Code}: {failure.Detail}" : operation.CancelReason ?? "The safeguard was exceeded; nothing was applied.",
                $"{home}/operations/{operation.Id}",
                operation.EndedAt);
        }

        foreach (var task in health.Tasks)
        {
            var overdue = task.DueAt <= now;
            yield return new HomeTodo(
                overdue || Cause(task.OperationId) is not null ? "bad" : "warn", overdue ? "Task overdue" : "Human task", task.Title, $"{integration.Name}. {task.Instructions}", $"{home}/tasks/{task.Id}", task.OpenedAt, Cause(task.OperationId));
        }

        foreach (var approval in health.Approvals)
        {
            yield return new HomeTodo(Cause(approval.OperationId) is null ? "warn" : "bad", "Approval", $"{approval.Target} in {integration.Name}", approval.Detail, $"{home}/approvals#approval-{approval.Id}", approval.RequestedAt, Cause(approval.OperationId));
        }

        string? Cause(string? operationId) => operationId is not null && failed.Contains(operationId) ? $"{home}/operations/{operationId}" : null;

        if (health.Held > 0)
        {
            yield return new HomeTodo("warn", "Held", integration.Name, $"{Words.Count(health.Held, "operation waits", "operations wait")} until somebody releases or rejects them.", $"{home}/approvals#held", null);
        }

        if (health.Dead > 0)
        {
            yield return new HomeTodo("warn", "Not told", integration.Name, $"{Words.Count(health.Dead, "notification was", "notifications were")} given up.", $"{home}/notifications#dead", null);
        }

        if (health.Drifting is [var drift, ..])
        {
            yield return new HomeTodo(
                "warn", "Locator drifts", integration.Name,
                $"{Words.Count(health.Drifting.Count, "step finds", "steps find")} what it looks for by a later locator only, as “{drift.Step}” by its number {drift.Alternative}. It still works: mend the connector before it does not.",
                $"{home}/operations/{drift.OperationId}", drift.SeenAt);
        }

        // Of two valid tokens the older one is meant to run out.
        if (integration.Tokens.Count > 0 && integration.Tokens.Max(token => token.ExpiresAt) is var expires && expires < now + ExpiryNotice)
        {
            yield return new HomeTodo(
                expires <= now ? "bad" : "warn", expires <= now ? "Token expired" : "Token expires", integration.Name, "Generate the next one and give it to the identity provider.", $"{home}#tokens", expires);
        }

        if (integration.Paused is { } pause)
        {
            yield return new HomeTodo("warn", "Paused", integration.Name, $"By {pause.By}: {pause.Reason}", home, pause.At);
        }
    }
}
