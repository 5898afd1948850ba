using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Format;

/// <summary>Text to connector: YAML, then its form by the schema, then its meaning; every fault is collected.</summary>
internal static class ConnectorParser
{
    public static ConnectorDefinition? Parse(string text, DiagnosticBag diagnostics) => Parse(text, diagnostics, out _);

    public static ConnectorDefinition? Parse(string text, DiagnosticBag diagnostics, out YamlMapping? tree)
    {
        tree = new YamlReader(diagnostics).Read(text);
        if (tree is null)
        {
            return null;
        }

        new SchemaValidator(diagnostics).Validate(tree, FormatSchema.Current.Root, "connector");
        var definition = new Binder(new(tree, diagnostics), diagnostics).Bind();
        return diagnostics.HasErrors ? null : definition;
    }

    private sealed class Binder
    {
        private readonly MappingReader root;
        private readonly DiagnosticBag diagnostics;
        private readonly IReadOnlyDictionary<string, ValueMap> maps;
        private readonly StepBinder steps;

        public Binder(MappingReader root, DiagnosticBag diagnostics)
        {
            this.root = root;
            this.diagnostics = diagnostics;
            maps = Named("maps", entry => StepBinder.MapOf(new(entry.Value as YamlMapping, diagnostics, entry.Key.Mark)));
            steps = new(diagnostics, maps);
        }

        public ConnectorDefinition Bind()
        {
            root.Text("schema");
            var app = root.Mapping("app");
            var auth = root.Mapping("auth");
            var session = auth.Mapping("session");
            var probe = session.Mapping("probe");
            var timeouts = root.Mapping("timeouts");
            var extracts = Named("extracts", entry => Extract(new MappingReader(entry.Value as YamlMapping, diagnostics, entry.Key.Mark)));
            var fragments = Named("fragments", entry => steps.Steps(entry.Value));
            var operations = Operations(extracts);
            var verbs = operations.Keys.Append(ConnectorVerb.Probe).ToHashSet();
            var inputs = operations.ToDictionary(o => o.Key, o => (IReadOnlyList<string>)[.. o.Value.Inputs.Select(i => i.Name)]);
            var connector = new ConnectorDefinition(Manifest(app, auth, session, verbs) with { Inputs = inputs })
            {
                BaseUrl = app.Template("baseUrl") ?? Template.Parse("", app.Mark, diagnostics),
                AllowedHosts = app.Templates("allowedHosts"),
                InsecureHttp = app.Flag("insecureHttp"),
                AcceptLanguage = app.Text("acceptLanguage") ?? "en-US",
                Probe = session.Has("probe") ? new(
                    probe.Template("goto") ?? Template.Parse("", probe.Mark, diagnostics),
                    steps.See(probe, "see") ?? new(null, null)) : null,
                SignedOut = auth.Has("signedOut") ? steps.Condition(auth.Mapping("signedOut")) : null,
                StepTimeout = timeouts.Duration("step"),
                VerbTimeout = timeouts.Duration("verb"),
                Http = root.Has("http") ? HttpBinder.Defaults(root.Mapping("http")) : new(),
                Detect = steps.Errors(root.Node("detect")),
                Maps = maps,
                Fragments = fragments,
                Extracts = extracts,
                Operations = operations,
                Downloads = steps.Downloads,
            };
            CheckSignIn(connector, session, verbs);
            return connector;
        }

        /// <summary>Pages are seen by signed-in people only; calls need none of it.</summary>
        private void CheckSignIn(ConnectorDefinition connector, MappingReader session, HashSet<ConnectorVerb> verbs)
        {
            var pages = connector.BrowserVerbs.Count > 0 || verbs.Count == 1;
            if (connector.Probe is null && pages)
            {
                diagnostics.Error(session.Mark, "missing-key", "'session' needs 'probe': some verbs look at pages.");
            }

            if (pages && !connector.BrowserVerbs.Contains(ConnectorVerb.Login))
            {
                diagnostics.Error(root.MarkOf("operations"), "missing-key", "'operations' needs 'login' with steps that sign in on a page: some verbs look at pages.");
            }
        }

        private ConnectorManifest Manifest(MappingReader app, MappingReader auth, MappingReader session, IReadOnlySet<ConnectorVerb> verbs) => new()
        {
            Id = root.Text("id") ?? "",
            Version = root.Text("version") ?? "",
            AppName = app.Text("name") ?? "",
            Description = app.Text("description") ?? "",
            Settings = [.. root.Mapping("settings").Entries.Select(Setting)],
            Auth = new(auth.Strings("methods"), auth.Strings("mfa"), session.Flag("reuse", otherwise: true), session.Duration("maxAge") ?? TimeSpan.FromHours(8)),
            Launch = root.Has("launch") ? Launch(root.Mapping("launch")) : null,
            PasswordRules = PasswordRules(auth.Mapping("passwordRules")),
            Concurrency = Math.Max(1, root.Number("concurrency") ?? 1),
            SettleTime = root.Duration("settleTime") ?? TimeSpan.FromSeconds(2),
            Capabilities = Capabilities(root.Mapping("capabilities")),
            UserSchema = UserSchema(root.Mapping("userSchema")),
            Verbs = verbs,
        };

        private static LaunchPage Launch(MappingReader reader) =>
            new(reader.Text("url") ?? "", reader.Text("userName"), reader.Text("password") ?? "", reader.Text("code")) { Origins = reader.Strings("origins") };

        private static PasswordRules PasswordRules(MappingReader reader)
        {
            var usual = new PasswordRules();
            return new()
            {
                MinLength = reader.Number("minLength") ?? usual.MinLength,
                MaxLength = reader.Number("maxLength") ?? usual.MaxLength,
                Length = reader.Number("length") ?? usual.Length,
                Require = reader.Has("require") ? reader.Strings("require") : usual.Require,
                Symbols = reader.Text("symbols") ?? usual.Symbols,
                Forbidden = reader.Text("forbidden") ?? usual.Forbidden,
                MaxRepeat = reader.Number("maxRepeat") ?? usual.MaxRepeat,
                StartWithLetter = reader.Flag("startWithLetter"),
            };
        }

        private ConnectorSetting Setting(YamlEntry entry)
        {
            entry.Read = true;
            var setting = new MappingReader(entry.Value as YamlMapping, diagnostics, entry.Key.Mark);
            setting.Pattern("pattern");
            return new(
                entry.Key.Value, setting.Text("label") ?? "", setting.Flag("required"),
                setting.Text("pattern"), setting.Text("default"), setting.Text("description") ?? "");
        }

        private static ConnectorCapabilities Capabilities(MappingReader reader)
        {
            var setRoles = reader.Mapping("setRoles");
            return new()
            {
                CreateUser = reader.Mapping("createUser").Choice<CreateUserMode>("mode") ?? CreateUserMode.None,
                SetRoles = setRoles.Choice<SetRolesMode>("mode") ?? SetRolesMode.None,
                MultipleRoles = setRoles.Flag("multiple"),
                UpdateAttributes = reader.Mapping("updateUser").Strings("attributes"),
                Deactivate = reader.Flag("deactivate"),
                Delete = reader.Flag("delete"),
                PendingUsersVisible = reader.Flag("pendingUsersVisible"),
                SetEntitlements = reader.Flag("setEntitlements"),
                ResendInvite = reader.Flag("resendInvite"),
            };
        }

        private UserSchema UserSchema(MappingReader reader) => new()
        {
            Attributes = [.. Items(reader, "attributes").Select(a => new UserSchemaAttribute(
                a.Text("name") ?? "", a.Text("label") ?? "", a.Text("type") ?? "string", a.Text("scim"), a.Flag("required"),
                a.Flag("multiValued"), a.Text("returned") ?? "default", a.Text("dataClassification") ?? "plain",
                a.Flag("allowEmptyInSync"), a.Flag("primaryIdentifier")))],
            Roles = [.. Items(reader.Mapping("roles"), "options").Select(r => new RoleOption(
                r.Text("value") ?? "", r.Text("displayName") ?? r.Text("value") ?? "", r.Text("description") ?? "", r.Number("ranking") ?? 0,
                r.Has("incompatibleRoles") ? r.Strings("incompatibleRoles") : null, r.Flag("exclusive")))],
            EntitlementTypes = reader.Strings("entitlementTypes"),
        };

        private IEnumerable<MappingReader> Items(MappingReader reader, string key) =>
            reader.Node(key) is YamlSequence sequence
                ? sequence.Items.OfType<YamlMapping>().Select(m => new MappingReader(m, diagnostics))
                : [];

        private Dictionary<string, T> Named<T>(string key, Func<YamlEntry, T> bind) =>
            root.Mapping(key).Entries.ToDictionary(e => e.Key.Value, e =>
            {
                e.Read = true;
                return bind(e);
            }, StringComparer.Ordinal);

        private Dictionary<ConnectorVerb, Operation> Operations(IReadOnlyDictionary<string, Extract> extracts)
        {
            var operations = new Dictionary<ConnectorVerb, Operation>();
            foreach (var entry in root.Mapping("operations").Entries)
            {
                entry.Read = true;
                if (Enum.TryParse<ConnectorVerb>(entry.Key.Value, ignoreCase: true, out var verb))
                {
                    operations[verb] = Operation(verb, new(entry.Value as YamlMapping, diagnostics, entry.Key.Mark), extracts);
                }
            }

            return operations;
        }

        private Operation Operation(ConnectorVerb verb, MappingReader reader, IReadOnlyDictionary<string, Extract> extracts)
        {
            var detail = reader.Mapping("detail");
            return new(verb, reader.Mark)
            {
                Inputs = [.. reader.Strings("inputs").Select(i => new VerbInput(i.TrimEnd('?'), i.EndsWith('?')))],
                Steps = steps.Steps(reader.Node("steps")),
                Extract = ExtractOf(reader, extracts),
                Values = reader.NamedTemplates("values"),
                Also = [.. Items(reader, "also").Select(a => new FurtherRead(a.Mark, steps.Steps(a.Node("steps")), ExtractOf(a, extracts), a.NamedTemplates("values")))],
                Detail = reader.Has("detail") ? new(steps.Steps(detail.Node("steps")), steps.Fields(detail.Mapping("fields")), StepBinder.FrameOf(detail, "frame")) : null,
                Verify = reader.Has("verify") ? Verify(reader.Mapping("verify")) : null,
                Errors = steps.Errors(reader.Node("errors")),
                Timeout = reader.Duration("timeout"),
            };
        }

        private Extract? ExtractOf(MappingReader reader, IReadOnlyDictionary<string, Extract> extracts) => reader.Node("extract") switch
        {
            YamlScalar name => Find(extracts, name),
            YamlMapping mapping => Extract(new MappingReader(mapping, diagnostics)),
            _ => null,
        };

        private Extract? Find(IReadOnlyDictionary<string, Extract> extracts, YamlScalar name)
        {
            if (extracts.TryGetValue(name.Value, out var extract))
            {
                return extract;
            }

            diagnostics.Error(name.Mark, "unknown-name", $"There is no extract '{name.Value}' under extracts; there are: {string.Join(", ", extracts.Keys)}.");
            return null;
        }

        private Extract Extract(MappingReader reader)
        {
            var rows = reader.Mapping("rows");
            var next = reader.Mapping("next");
            var count = reader.Mapping("expectCount");
            var seats = reader.Mapping("seats");
            if (rows.Has("frame") && (next.Has("pageParameter") || next.Has("offsetParameter")))
            {
                diagnostics.Error(next.Mark, "one-of", "A parameter of the address pages through the whole page; rows in a frame need the frame's own link or button, or scroll.");
            }

            return new(reader.Mark)
            {
                RowRole = rows.Text("role"),
                RowCss = rows.Text("css"),
                RowPath = HttpBinder.Path(rows, "json"),
                Within = steps.Nested(rows, "within"),
                Frame = StepBinder.FrameOf(rows, "frame"),
                Fields = steps.Fields(reader.Mapping("fields")),
                Next = steps.LocatorOf(next),
                PageParameter = next.Text("pageParameter"),
                OffsetParameter = next.Text("offsetParameter"),
                Scroll = Scroll(next),
                NextPath = HttpBinder.Path(next, "json"),
                NextLink = next.Flag("linkHeader"),
                SeatsText = seats.Text("text"),
                SeatsPaths = HttpBinder.Path(seats, "used") is { } used && HttpBinder.Path(seats, "total") is { } total ? (used, total) : null,
                ExpectCount = count.Text("text"),
                CountPath = HttpBinder.Path(count, "json"),
                CountHeader = count.Text("header"),
                Empty = reader.Template("empty"),
                MaxPages = reader.Number("maxPages") ?? 2000,
            };
        }

        private TimeSpan? Scroll(MappingReader next)
        {
            var wait = next.Duration("wait");
            if (next.Flag("scroll"))
            {
                return wait ?? TimeSpan.FromSeconds(2);
            }

            if (next.Has("wait") || next.Has("scroll"))
            {
                diagnostics.Error(next.Mark, "missing-key", "'wait' belongs to scroll: true.");
            }

            return null;
        }

        private Verify Verify(MappingReader reader)
        {
            var listed = reader.Mapping("listed");
            var absent = reader.Mapping("absent").Entries;
            return new(reader.Mark)
            {
                Listed = listed.Entries.ToDictionary(e => e.Key.Value, e =>
                {
                    e.Read = true;
                    return listed.TemplatesOf(e.Value);
                }, StringComparer.Ordinal),
                Absent = absent is [{ Value: YamlScalar value } entry, ..] ? AbsentOf(entry, value) : null,
                Within = reader.Duration("within") ?? TimeSpan.FromSeconds(30),
            };
        }

        private (string Field, Template Value) AbsentOf(YamlEntry entry, YamlScalar value)
        {
            entry.Read = true;
            return (entry.Key.Value, Template.Parse(value.Value, value.Mark, diagnostics));
        }
    }
}
