using Attune.Quality.Detectors;

namespace Attune.Tests.Quality.Detectors;

public class LanguagesTests(ITestOutputHelper output)
{
    // Sentences that stand in no profile.
    private static readonly (string Code, string[] Texts)[] Known =
    [
        ("en", ["The train to the coast leaves at seven, but it is often late in winter.", "We planted two apple trees behind the garage and they are growing well.", "Give a short summary of the article and name its main argument.", "I was charged twice for the same payment, can you refund it?", "He laughed so loudly that the whole room turned to look at him."]),
        ("de", ["Der Zug an die Küste fährt um sieben ab, ist im Winter aber oft zu spät.", "Wir haben hinter der Garage zwei Apfelbäume gepflanzt, die gut wachsen.", "Fassen Sie den Artikel kurz zusammen und nennen Sie das wichtigste Argument.", "Ich wurde für dieselbe Zahlung doppelt belastet, erstatten Sie mir das?", "Er lachte so laut, dass sich der ganze Saal nach ihm umdrehte."]),
        ("fr", ["Le train pour la côte part à sept heures, mais il est souvent en retard en hiver.", "Nous avons planté deux pommiers derrière le garage et ils poussent bien.", "Résumez brièvement l'article et donnez son argument principal.", "J'ai été débité deux fois pour le même paiement, pouvez-vous me rembourser ?", "Il riait si fort que toute la salle s'est retournée pour le regarder."]),
        ("es", ["El tren a la costa sale a las siete, pero en invierno suele llegar tarde.", "Plantamos dos manzanos detrás del garaje y están creciendo bien.", "Resume brevemente el artículo y nombra su argumento principal.", "Me cobraron dos veces el mismo pago, ¿pueden devolverme el dinero?", "Se reía tan fuerte que toda la sala se volvió para mirarlo."]),
        ("pt", ["O trem para a costa sai às sete, mas no inverno costuma atrasar.", "Plantamos duas macieiras atrás da garagem e elas estão crescendo bem.", "Resuma brevemente o artigo e diga qual é o argumento principal.", "Fui cobrado duas vezes pelo mesmo pagamento, vocês podem devolver?", "Ele ria tão alto que a sala inteira se virou para olhar."]),
        ("it", ["Il treno per la costa parte alle sette, ma d'inverno è spesso in ritardo.", "Abbiamo piantato due meli dietro il garage e stanno crescendo bene.", "Riassumi brevemente l'articolo e indica il suo argomento principale.", "Mi è stato addebitato due volte lo stesso pagamento, potete rimborsarmi?", "Rideva così forte che tutta la sala si girò a guardarlo."]),
        ("nl", ["De trein naar de kust vertrekt om zeven uur, maar is in de winter vaak te laat.", "We hebben twee appelbomen achter de garage geplant en ze groeien goed.", "Vat het artikel kort samen en noem het belangrijkste argument.", "Er is twee keer geld afgeschreven voor dezelfde betaling, kunt u dat terugstorten?", "Hij lachte zo hard dat de hele zaal zich naar hem omdraaide."]),
        ("sv", ["Tåget till kusten går klockan sju, men det är ofta sent på vintern.", "Vi planterade två äppelträd bakom garaget och de växer bra.", "Sammanfatta artikeln kort och nämn dess viktigaste argument.", "Jag har debiterats två gånger för samma betalning, kan ni betala tillbaka?", "Han skrattade så högt att hela rummet vände sig om för att titta på honom."]),
        ("fi", ["Juna rannikolle lähtee seitsemältä, mutta talvella se on usein myöhässä.", "Istutimme kaksi omenapuuta autotallin taakse, ja ne kasvavat hyvin.", "Tiivistä artikkeli lyhyesti ja kerro sen tärkein väite.", "Minulta veloitettiin kahdesti samasta maksusta, voitteko palauttaa rahat?", "Hän nauroi niin kovaa, että koko sali kääntyi katsomaan häntä."]),
        ("pl", ["Pociąg na wybrzeże odjeżdża o siódmej, ale zimą często się spóźnia.", "Posadziliśmy za garażem dwie jabłonie i dobrze rosną.", "Streść krótko artykuł i podaj jego główny argument.", "Pobrano mi dwa razy pieniądze za tę samą płatność, czy możecie je zwrócić?", "Śmiał się tak głośno, że cała sala odwróciła się, żeby na niego spojrzeć."]),
        ("cs", ["Vlak k moři odjíždí v sedm, ale v zimě mívá často zpoždění.", "Za garáží jsme zasadili dvě jabloně a dobře rostou.", "Stručně shrňte článek a uveďte jeho hlavní argument.", "Strhli mi peníze dvakrát za stejnou platbu, můžete mi je vrátit?", "Smál se tak hlasitě, že se po něm otočil celý sál."]),
        ("ro", ["Trenul spre litoral pleacă la șapte, dar iarna întârzie adesea.", "Am plantat doi meri în spatele garajului și cresc bine.", "Rezumați pe scurt articolul și numiți argumentul principal.", "Mi s-au luat bani de două ori pentru aceeași plată, îi puteți înapoia?", "Râdea atât de tare încât toată sala s-a întors să îl privească."]),
        ("hu", ["A tengerparti vonat hétkor indul, de télen gyakran késik.", "Két almafát ültettünk a garázs mögé, és jól nőnek.", "Foglalja össze röviden a cikket, és nevezze meg a legfontosabb érvét.", "Kétszer vonták le tőlem ugyanazt a fizetést, vissza tudják utalni?", "Olyan hangosan nevetett, hogy az egész terem felé fordult."]),
        ("tr", ["Sahile giden tren yedide kalkıyor ama kışın çoğu zaman gecikiyor.", "Garajın arkasına iki elma ağacı diktik ve iyi büyüyorlar.", "Makaleyi kısaca özetleyin ve en önemli savını belirtin.", "Aynı ödeme için iki kez para çekildi, geri verebilir misiniz?", "O kadar yüksek sesle güldü ki bütün salon dönüp ona baktı."]),
        ("id", ["Kereta ke pantai berangkat pukul tujuh, tetapi sering terlambat pada musim hujan.", "Kami menanam dua pohon apel di belakang garasi dan tumbuh dengan baik.", "Ringkas artikel itu secara singkat dan sebutkan pendapat utamanya.", "Saya ditagih dua kali untuk pembayaran yang sama, bisakah uangnya dikembalikan?", "Dia tertawa begitu keras sehingga semua orang di ruangan itu menoleh kepadanya."]),
        ("vi", ["Chuyến tàu ra biển khởi hành lúc bảy giờ nhưng mùa đông thường bị trễ.", "Chúng tôi trồng hai cây táo sau nhà xe và chúng lớn rất nhanh.", "Hãy tóm tắt ngắn gọn bài báo và nêu luận điểm chính.", "Tôi bị trừ tiền hai lần cho cùng một khoản, có thể hoàn lại không?", "Anh ấy cười to đến nỗi cả phòng quay lại nhìn."]),
        ("ru", ["Поезд к морю отправляется в семь, но зимой часто опаздывает.", "Мы посадили за гаражом две яблони, и они хорошо растут.", "Кратко перескажите статью и назовите её главный довод.", "С меня дважды сняли деньги за один и тот же платёж, вы вернёте их?", "Он смеялся так громко, что весь зал обернулся посмотреть на него."]),
        ("uk", ["Потяг до моря вирушає о сьомій, але взимку часто запізнюється.", "Ми посадили за гаражем дві яблуні, і вони добре ростуть.", "Коротко перекажіть статтю та назвіть її головний довід.", "З мене двічі зняли гроші за той самий платіж, чи можете їх повернути?", "Він сміявся так голосно, що вся зала обернулася на нього."]),
        ("bg", ["Влакът за морето тръгва в седем, но през зимата често закъснява.", "Засадихме две ябълки зад гаража и те растат добре.", "Обобщете накратко статията и посочете главния ѝ довод.", "Таксуваха ме два пъти за едно и също плащане, може ли да ми върнете парите?", "Той се смееше толкова силно, че цялата зала се обърна към него."]),
        ("el", ["Το τρένο για την ακτή φεύγει στις επτά, αλλά τον χειμώνα συχνά καθυστερεί.", "Φυτέψαμε δύο μηλιές πίσω από το γκαράζ."]),
        ("ar", ["يغادر القطار إلى الساحل في السابعة لكنه يتأخر كثيرا في الشتاء.", "زرعنا شجرتي تفاح خلف المرآب وهما تنموان جيدا."]),
        ("fa", ["قطار ساحل ساعت هفت حرکت می‌کند اما در زمستان اغلب دیر می‌رسد چون پل بسته است.", "ما پشت گاراژ دو درخت سیب کاشتیم."]),
        ("he", ["הרכבת לחוף יוצאת בשבע, אבל בחורף היא מאחרת לעתים קרובות.", "שתלנו שני עצי תפוח מאחורי המוסך."]),
        ("hi", ["समुद्र तट की ट्रेन सात बजे चलती है, लेकिन सर्दियों में अक्सर देर हो जाती है।", "हमने गैराज के पीछे सेब के दो पेड़ लगाए।"]),
        ("th", ["รถไฟไปชายทะเลออกเจ็ดโมงแต่มักจะสายในหน้าหนาว", "เราปลูกต้นแอปเปิลสองต้นหลังโรงรถ"]),
        ("ja", ["海岸行きの列車は七時に出ますが、冬はよく遅れます。", "車庫の裏にりんごの木を二本植えました。"]),
        ("zh", ["去海边的火车七点出发，但冬天常常晚点。", "我们在车库后面种了两棵苹果树。"]),
        ("ko", ["해안으로 가는 기차는 일곱 시에 출발하지만 겨울에는 자주 늦습니다.", "차고 뒤에 사과나무 두 그루를 심었습니다."]),
    ];

    [Fact]
    public void Sentences_that_no_profile_holds_are_told_by_language()
    {
        var (right, wrong, undecided) = (0, 0, 0);
        foreach (var (code, texts) in Known)
        {
            foreach (var text in texts)
            {
                var said = Languages.Of(text);
                if (said == code) right++;
                else if (said is null) undecided++;
                else wrong++;
                if (said != code) output.WriteLine($"{code} → {said ?? "undecided"}: {text}");
            }
        }
        output.WriteLine($"{right} right, {wrong} wrong, {undecided} undecided of {right + wrong + undecided}");
        Assert.True(wrong == 0 && right >= 0.9 * (right + undecided), $"{right} right, {wrong} wrong, {undecided} undecided");
    }

    [Fact]
    public void Danish_and_Norwegian_are_told_apart_or_left_undecided()
    {
        string[] danish = ["Toget til kysten kører klokken syv, men det er ofte forsinket om vinteren.", "Vi plantede to æbletræer bag garagen, og de vokser godt.", "Jeg er blevet trukket to gange for den samme betaling, kan I give pengene tilbage?"];
        string[] norwegian = ["Toget til kysten går klokka sju, men det er ofte forsinket om vinteren.", "Vi plantet to epletrær bak garasjen, og de vokser godt.", "Jeg har blitt trukket to ganger for den samme betalingen, kan dere gi pengene tilbake?"];
        Assert.All(danish, t => Assert.Contains(Languages.Of(t), new[] { "da", null }));
        Assert.All(norwegian, t => Assert.Contains(Languages.Of(t), new[] { "no", null }));
        Assert.Contains(danish.Concat(norwegian), t => Languages.Of(t) is not null);
    }

    [Theory]
    [InlineData("Yes, please.")]
    [InlineData("card_arrival")]
    [InlineData("12 345 678 / 3.5 = 7")]
    [InlineData("for (int i = 0; i < n; i++) { x[i] += y[i] * 2; }")]
    [InlineData("qwrt zxcv plkm jhgf mnbv lkjh poiu ytre dfgh xcvb")]
    [InlineData("Mtoto anapenda kucheza mpira uwanjani kila siku baada ya shule.")]
    [InlineData("def latest(dates):\n    for date in dates: print(date[0], date.day, sum(date.values()))\n    return max(dates)")]
    [InlineData("日本")]
    [InlineData("")]
    public void What_is_short_or_no_known_language_is_undecided(string text) => Assert.Null(Languages.Of(text));

    [Fact]
    public void There_are_enough_of_them() => Assert.True(Languages.Names.Count >= 30);
}
