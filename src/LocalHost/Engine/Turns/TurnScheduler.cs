using System.Threading.Channels;
using IdLcm.LocalHost.Engine.Execution;
using IdLcm.LocalHost.Engine.History;

namespace IdLcm.LocalHost.Engine.Turns;

/// <summary>
/// Gives every instance its messages in order, one turn at a time, and many instances turns at once. Keeps executions
/// in memory between turns, the least recently used ones only as far as there is room.
/// </summary>
internal sealed class TurnScheduler(Func<Mailbox, IReadOnlyList<EngineMessage>, Task> runTurn, int maxIdleExecutions)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Mailbox> _mailboxes = new(StringComparer.Ordinal);
    private readonly LinkedList<Mailbox> _idle = new();
    private readonly Channel<Mailbox> _ready = Channel.CreateUnbounded<Mailbox>();
    private Task[] _loops = [];
    private int _scheduled;
    private bool _stopping;
    private bool _abandoned;

    public void Start(int parallelism) =>
        _loops = [.. Enumerable.Range(0, parallelism).Select(_ => Task.Run(RunLoopAsync))];

    public void Deliver(string instanceId, EngineMessage message)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                Refuse(message);
                return;
            }

            if (!_mailboxes.TryGetValue(instanceId, out var mailbox))
            {
                mailbox = new Mailbox(instanceId);
                _mailboxes.Add(instanceId, mailbox);
            }

            mailbox.Messages.Add(message);
            MakeReady(mailbox);
        }
    }

    /// <summary>Puts messages back whose turn failed, before those that came since, and rests the instance.</summary>
    public void PutBack(Mailbox mailbox, IEnumerable<EngineMessage> messages)
    {
        lock (_gate)
        {
            mailbox.Messages.InsertRange(0, messages);
            mailbox.IsResting = true;
        }
    }

    public void Wake(Mailbox mailbox)
    {
        lock (_gate)
        {
            mailbox.IsResting = false;
            if (mailbox.Messages.Count > 0)
            {
                MakeReady(mailbox);
            }
            else if (!mailbox.IsScheduled)
            {
                _mailboxes.Remove(mailbox.InstanceId);
            }
        }
    }

    /// <summary>Takes no more messages and finishes the turns of those that were taken.</summary>
    public async Task StopAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            CompleteWhenDone();
        }

        await Task.WhenAll(_loops);
    }

    /// <summary>Takes no more messages or turns, without waiting for those under way.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _stopping = true;
            _abandoned = true;
            _ready.Writer.TryComplete();
            foreach (var message in _mailboxes.Values.SelectMany(static m => m.Messages))
            {
                Refuse(message);
            }

            _mailboxes.Clear();
            _idle.Clear();
        }
    }

    private static void Refuse(EngineMessage message) =>
        message.Acknowledgement?.TrySetException(new InvalidOperationException("The workflow engine is stopping: the message was not taken."));

    private async Task RunLoopAsync()
    {
        await foreach (var mailbox in _ready.Reader.ReadAllAsync())
        {
            List<EngineMessage> messages;
            lock (_gate)
            {
                if (_abandoned)
                {
                    return;
                }

                messages = mailbox.Messages;
                mailbox.Messages = [];
                if (mailbox.IdleNode is { } node)
                {
                    _idle.Remove(node);
                    mailbox.IdleNode = null;
                }
            }

            await runTurn(mailbox, messages);
            Finish(mailbox);
        }
    }

    private void Finish(Mailbox mailbox)
    {
        lock (_gate)
        {
            mailbox.IsScheduled = false;
            _scheduled--;
            if (_abandoned)
            {
                return;
            }

            if (mailbox.IsResting)
            {
                // Wake will find it.
            }
            else if (mailbox.Messages.Count > 0)
            {
                MakeReady(mailbox);
            }
            else if (mailbox.Live is null)
            {
                _mailboxes.Remove(mailbox.InstanceId);
            }
            else
            {
                mailbox.IdleNode = _idle.AddLast(mailbox);
                while (_idle.Count > maxIdleExecutions)
                {
                    var oldest = _idle.First!.Value;
                    _idle.RemoveFirst();
                    oldest.IdleNode = null;
                    oldest.Live = null;
                    _mailboxes.Remove(oldest.InstanceId);
                }
            }

            CompleteWhenDone();
        }
    }

    private void MakeReady(Mailbox mailbox)
    {
        if (!mailbox.IsScheduled && !mailbox.IsResting)
        {
            mailbox.IsScheduled = true;
            _scheduled++;
            _ready.Writer.TryWrite(mailbox);
        }
    }

    private void CompleteWhenDone()
    {
        if (_stopping && _scheduled == 0)
        {
            _ready.Writer.TryComplete();
        }
    }
}

/// <summary>What waits for an instance, and its execution while that is in memory.</summary>
internal sealed class Mailbox(string instanceId)
{
    public string InstanceId => instanceId;

    // Guarded by the scheduler.
    public List<EngineMessage> Messages { get; set; } = [];

    public bool IsScheduled { get; set; }

    public bool IsResting { get; set; }

    public LinkedListNode<Mailbox>? IdleNode { get; set; }

    // Only touched by the turn, and by the scheduler when there is none.
    public LiveInstance? Live { get; set; }

    public int FailedTurns { get; set; }
}

/// <summary>An instance in memory, as of its last commit.</summary>
internal sealed record LiveInstance(InstanceRow Row, WorkflowExecution Execution);
