var e=`grinsendes Gesicht	lol lustig
grinsendes Gesicht mit großen Augen	lächeln lol lustig
grinsendes Gesicht mit lachenden Augen	lol lustig
strahlendes Gesicht mit lachenden Augen	lustig Zähne
Grinsegesicht mit zugekniffenen Augen	geschlossene Augen grinsendes Gesicht mit zusammengekniffenen Augen offener Mund
grinsendes Gesicht mit Schweißtropfen	lustig schwitzen
sich vor Lachen auf dem Boden wälzen	Gesicht
Gesicht mit Freudentränen	lachen
leicht lächelndes Gesicht
umgekehrtes Gesicht	auf dem Kopf stehen
schmelzendes Gesicht	auflösen flüssig verschwinden
zwinkerndes Gesicht
lächelndes Gesicht mit lachenden Augen	erröten Freude rote Wangen
lächelndes Gesicht mit Heiligenschein
lächelndes Gesicht mit Herzen	anhimmeln verknallt verliebt
lächelndes Gesicht mit herzförmigen Augen	verliebt
überwältigt	Augen Gesicht Grinsen Stern
Kuss zuwerfendes Gesicht
küssendes Gesicht	Kuss
lächelndes Gesicht	fröhlich
küssendes Gesicht mit geschlossenen Augen	rote Wangen
küssendes Gesicht mit lächelnden Augen	Kuss lächelnde Augen
lachendes Gesicht mit Träne	berührt dankbar erleichtert lächelnd stolz
sich die Lippen leckendes Gesicht	lecker leckeres Essen
Gesicht mit herausgestreckter Zunge	herausgestreckte Zunge
zwinkerndes Gesicht mit herausgestreckter Zunge	herausgestreckte Zunge
irres Gesicht	Auge groß klein
Gesicht mit herausgestreckter Zunge und zusammengekniffenen Augen	herausgestreckte Zunge
Gesicht mit Dollarzeichen	Geld Zunge
Gesicht mit umarmenden Händen	Umarmung
verlegen kicherndes Gesicht	Huch
Gesicht mit offenen Augen und Hand über dem Mund	Erschrecken Erstaunen Überraschung Unglauben Verlegenheit
Gesicht mit durch die Finger linsendem Auge	gebannt spähen starren
ermahnendes Gesicht	leise pst
nachdenkendes Gesicht	nachdenklich
salutierendes Gesicht	Aye Militär ok Respekt
Gesicht mit Reißverschlussmund
Gesicht mit hochgezogenen Augenbrauen	argwöhnisch skeptisch
neutrales Gesicht	kein Kommentar
ausdrucksloses Gesicht	kein Kommentar
Gesicht ohne Mund	kein Mund sprachlos
gestricheltes Gesicht	deprimiert introvertiert unsichtbar verschwinden verstecken
Gesicht in Wolken	geistesabwesend Gesicht im Nebel Kopf in Wolken
süffisant lächelndes Gesicht
verstimmtes Gesicht	unglücklich
Augen verdrehendes Gesicht
Grimassen schneidendes Gesicht	Zähne
Gesicht, das ausatmet	ausatmen erleichtert schnaufen
lügendes Gesicht	Pinocchio-Nase
zitterndes Doppelgesicht	Erdbeben Schock
Kopfschütteln	nein
Kopfnicken	ja
erleichtertes Gesicht	geschlossene Augen
nachdenkliches Gesicht
schläfriges Gesicht	müde
sabberndes Gesicht
schlafendes Gesicht	schnarchen zzz
Gesicht mit Atemschutzmaske	Arzt Krankheit
Gesicht mit Fieberthermometer	krank
Gesicht mit Kopfverband	Schmerzen Verletzung
würgendes Gesicht	Erbrechen Übelkeit
kotzendes Gesicht	krank
niesendes Gesicht
schwitzendes Gesicht	erhitzt Fieber heiß Hitzschlag
frierendes Gesicht	Eiszapfen Frostbeule kalt
schwindeliges Gesicht	angetrunken beschwipst betrunken
benommenes Gesicht
Gesicht mit Spiralen als Augen	Gesicht mit spiralförmigen Augen hypnotisiert schwindelig
explodierender Kopf	entsetzt geschockt
Gesicht mit Cowboyhut
Partygesicht	Feiern
verkleidet	Brille mit Nase inkognito verkleidetes Gesicht Verkleidung
lächelndes Gesicht mit Sonnenbrille	cool
Strebergesicht	Nerd
Gesicht mit Monokel
verwundertes Gesicht
Gesicht mit schrägem Mund	enttäuscht langweilig na ja skeptisch unsicher
besorgtes Gesicht
betrübtes Gesicht	traurig
düsteres Gesicht	traurig
Gesicht mit offenem Mund	erstaunt offener Mund
verdutztes Gesicht	erstaunt sprachlos
erstauntes Gesicht
errötetes Gesicht mit großen Augen	rote Wangen überrascht
bettelndes Gesicht	Gnade Welpenaugen
Gesicht, das Tränen zurückhält	aufgebracht stolz Tränen zurückhalten traurig weinen
entsetztes Gesicht	offener Mund verwundert
qualvolles Gesicht	leidend
ängstliches Gesicht
besorgtes Gesicht mit Schweißtropfen	kalter Schweiß offener Mund
trauriges aber erleichtertes Gesicht	enttäuscht Schweiß
weinendes Gesicht	Träne traurig
heulendes Gesicht	Tränen traurig
vor Angst schreiendes Gesicht
verwirrtes Gesicht
entschlossenes Gesicht	durchhalten
enttäuschtes Gesicht	traurig
bedrücktes Gesicht mit Schweiß	Angstschweiß
erschöpftes Gesicht	müde
müdes Gesicht
gähnendes Gesicht	gelangweilt müde
schnaubendes Gesicht	erleichtert gewonnen
schmollendes Gesicht	rot wütend
verärgertes Gesicht
Gesicht mit Symbolen über dem Mund	fluchen
grinsendes Gesicht mit Hörnern	Teufel
wütendes Gesicht mit Hörnern	Fantasy Teufelchen
Totenkopf	Gesicht Tod
Totenkopf mit gekreuzten Knochen	Gesicht Piratenflagge Tod
Kothaufen	Mist
Clown-Gesicht
Ungeheuer	Gesicht Japan Märchen Monster
Kobold	Gesicht Japan Märchen Monster Tengu
Gespenst	Fantasy Gesicht Märchen
Außerirdischer	Alien Gesicht UFO
Computerspiel-Monster	Gesicht UFO
Roboter	Gesicht Monster Roboterkopf
grinsende Katze	Gesicht grinsendes Katzengesicht lol lustig
grinsende Katze mit lachenden Augen	Gesicht grinsendes Katzengesicht mit lachenden Augen
Katze mit Freudentränen	Gesicht Katzengesicht mit Freudentränen lachen
lachende Katze mit Herzen als Augen	Gesicht lachendes Katzengesicht mit Herzen als Augen verliebt
verwegen lächelnde Katze	Gesicht ironisch verwegen lächelndes Katzengesicht
küssende Katze	Gesicht küssendes Katzengesicht rote Wangen
erschöpfte Katze	Angst erschöpftes Katzengesicht Gesicht schreien
weinende Katze	Gesicht Träne traurig weinendes Katzengesicht
schmollende Katze	Gesicht schmollendes Katzengesicht verärgert
sich die Augen zuhaltendes Affengesicht	nichts sehen verboten
sich die Ohren zuhaltendes Affengesicht	nichts hören verboten
sich den Mund zuhaltendes Affengesicht	nichts sagen verboten
Liebesbrief	Herz
Herz mit Pfeil	Liebe
Herz mit Schleife	Valentinstag
funkelndes Herz	Aufregung Liebe
wachsendes Herz	Aufregung Liebe Nervosität
schlagendes Herz	Liebe
kreisende Herzen	Liebe
zwei Herzen	Liebe
Herzdekoration
Herz als Ausrufezeichen	Satzzeichen
gebrochenes Herz	Schmerz Trennung
Herz in Flammen	brennendes Herz Leidenschaft Liebe
Herz mit Verband	Besserung genesen
rotes Herz
pinkes Herz	flirten süß verliebt
oranges Herz
gelbes Herz
grünes Herz
blaues Herz
hellblaues Herz	aquamarin türkis
lila Herz
braunes Herz
schwarzes Herz	böse
graues Herz	schieferfarben silberfarben
weißes Herz
Kussabdruck	Lippen
100 Punkte	Punktestand volle Punktzahl
Ärger	Comic Wut
Zusammenstoß	Comic Kollision
schwindlig	Benommenheit Comic Stern Sterne sehen
Schweißtropfen	Comic
Staubwolke	Comic rennen weglaufen
Loch	schwarz
Sprechblase mit drei Punkten	Dialog Gespräch Unterhaltung
Auge in Sprechblase	Dialog reden sprechen
Sprechblase links	Dialog reden sprechen Unterhaltung
Sprechblase für wütende Aussage rechts
Gedankenblase	Comic Nachdenken
Schlafen	Comic Schnarchen ZZZ
winkende Hand
erhobene Hand von hinten	erhobener Handrücken
Hand mit gespreizten Fingern	5 fünf
erhobene Hand
vulkanischer Gruß	lebe lang und in Frieden Spock spreizen Star Trek
nach rechts weisende Hand
nach links weisende Hand
Hand mit Handfläche nach unten	abweisen Handgeste hau ab von sich weisen wegscheuchen wegschicken
Hand mit Handfläche nach oben	anbieten darbieten einladen Handgeste kommen locken
nach links schiebende Hand	High five stopp warte mal
nach rechts schiebende Hand	High 5 High five stopp warte mal
OK-Zeichen	exzellent Hand in Ordnung perfekt
zusammengedrückte Finger	Bündelhand geht’s noch? Handgeste was soll das? was willst du? zusammengelegte Fingerspitzen
Wenig-Geste	klein kleine Menge kleiner Betrag unbedeutend
Victory-Geste	Sieg
Hand mit gekreuzten Fingern
Hand mit gekreuztem Zeigefinger und Daumen	Fingerherz Geld Handgeste teuer
Ich-liebe-dich-Geste	Hand ich liebe dich
Teufelsgruß	Finger Hand Hörner Rock
Ruf-mich-an-Handzeichen	anrufen
nach links weisender Zeigefinger	Handrückseite
nach rechts weisender Zeigefinger	Handrückseite
nach oben weisender Zeigefinger von hinten	aufwärts Handrückseite
Mittelfinger	Hand
nach unten weisender Zeigefinger	abwärts Handrückseite
nach oben weisender Zeigefinger von vorne	Hand Handvorderseite
auf Betrachter zeigender Zeigefinger	du Handgeste mit Finger zeigen Sie
Daumen hoch	gut Hand nach oben
Daumen runter	Hand nach unten schlecht
erhobene Faust
geballte Faust	Hand
Faust nach links
Faust nach rechts
klatschende Hände	applaudieren Beifall
zwei erhobene Handflächen	feiern
Hände, die Herz bilden	Händeherz Handgeste Liebe
offene Hände
Handflächen nach oben	beten
Handschlag	Hände Händeschütteln Vereinbarung
zusammengelegte Handflächen	beten betende Hände bitten danken Gebet grüßen
schreibende Hand
Nagellack	Kosmetik Maniküre Nagelpflege
Selfie	Smartphone
angespannter Bizeps	Comic Muskeln anspannen stark
Armprothese	Barrierefreiheit
Beinprothese	Barrierefreiheit
Bein	Treten Tritt
Fuß	Stampfen Treten
Ohr	Körperteil
Ohr mit Hörgerät	Barrierefreiheit gehörlos Hörhilfe taub
Nase	Körperteil
Gehirn	intelligent
Herz (Organ)	Herzschlag Mitte Puls pulsieren
Lunge	Atem atmen ausatmen einatmen Lungenflügel Organ
Zahn	Zahn ziehen Zahnarzt Zahnärztin
Knochen	Skelett
Augen	Gesicht
Auge	Körperteil
Zunge	Körperteil
Mund	Körperteil Lippen
auf Lippe beißen	Angst ängstlich besorgt flirtend nervös unbehaglich
Baby	Gesicht
Kind	geschlechtsneutral jung
Junge	Gesicht
Mädchen	Gesicht
Person	erwachsene Person geschlechtsneutral Mensch ohne eindeutiges Geschlecht
Person: blondes Haar	blonde Haare blonde Person Gesicht
Mann
Person: Bart	Person mit Bart
Mann: Bart	Mann mit Bart
Frau: Bart	Frau mit Bart
Mann: rotes Haar
Mann: lockiges Haar
Mann: weißes Haar
Mann: Glatze
Frau
Frau: rotes Haar
Person: rotes Haar	erwachsene Person geschlechtsneutral Mensch ohne eindeutiges Geschlecht
Frau: lockiges Haar
Person: lockiges Haar	erwachsene Person geschlechtsneutral Mensch ohne eindeutiges Geschlecht
Frau: weißes Haar
Person: weißes Haar	erwachsene Person geschlechtsneutral Mensch ohne eindeutiges Geschlecht
Frau: Glatze
Person: Glatze	erwachsene Person geschlechtsneutral Mensch ohne eindeutiges Geschlecht
Frau: blond	blonde Frau Gesicht Haar
Mann: blond	blonder Mann Gesicht Haar
ältere Person	alt älterer Mensch erwachsene Person geschlechtsneutral ohne eindeutiges Geschlecht
älterer Mann	Gesicht Senior
ältere Frau	Gesicht Seniorin
missmutige Person	Gesicht
missmutiger Mann	Gesicht Stirn runzeln
missmutige Frau	Gesicht Stirn runzeln
schmollende Person
schmollender Mann	Gesicht
schmollende Frau	Gesicht
Person mit überkreuzten Armen	verboten x
Mann mit überkreuzten Armen	Gesicht
Frau mit überkreuzten Armen	Gesicht
Person mit Händen auf dem Kopf	alles in Ordnung
Mann mit Händen auf dem Kopf	Arme Gesicht
Frau mit Händen auf dem Kopf	Arme Gesicht
Infoschalter-Mitarbeiter(in)	Gesicht Hilfe Informationen
Infoschalter-Mitarbeiter	Auskunft Informationen Mann
Infoschalter-Mitarbeiterin	Auskunft Frau Informationen
Person mit erhobenem Arm	Siegerpose
Mann mit erhobenem Arm	Geste Siegerpose
Frau mit erhobenem Arm	Geste Siegerpose
gehörlose Person	Barrierefreiheit hören Ohr taub
gehörloser Mann	taub
gehörlose Frau	taub
sich verbeugende Person	Entschuldigung Geste
sich verbeugender Mann	Demut
sich verbeugende Frau	Demut
sich an den Kopf fassende Person	frustriert genervt Gesicht
sich an den Kopf fassender Mann	frustriert genervt
sich an den Kopf fassende Frau	frustriert genervt
schulterzuckende Person	egal gleichgültig keine Ahnung Zweifel
schulterzuckender Mann	gleichgültig keine Ahnung Zweifel
schulterzuckende Frau	gleichgültig keine Ahnung Zweifel
Arzt/Ärztin	Arztkittel Doktor(in)
Arzt	Arztkittel Doktor
Ärztin	Arztkittel
Student(in)	Absolvent(in) Doktorhut Uni
Student	Absolvent Doktorhut Uni
Studentin	Absolventin Doktorhut Uni
Lehrer(in)	Dozent(in) Professor(in)
Lehrer	Dozent Professor
Lehrerin	Dozentin Professorin
Richter(in)	Waage
Richter	Gerechtigkeit Recht
Richterin	Gerechtigkeit Recht
Bauer/Bäuerin	Farmer(in) Gärtner(in) Landwirt(in)
Bauer	Ähre Landwirt
Bäuerin	Ähre Landwirtin
Koch/Köchin	Kochen
Koch	Kochen
Köchin	kochen
Mechaniker(in)	Elektriker(in) Klempner(in)
Mechaniker	Elektriker Handwerker Klempner
Mechanikerin	Elektrikerin Handwerkerin Klempnerin
Fabrikarbeiter(in)	industriell Montage
Fabrikarbeiter
Fabrikarbeiterin
Büroangestellte(r)	Architekt(in) Business Manager(in) Schlips und Kragen
Büroangestellter	Manager
Büroangestellte	Mangerin
Wissenschaftler(in)	Forscher(in) Labor
Wissenschaftler	Forscher Labor
Wissenschaftlerin	Forscherin Labor
IT-Experte/IT-Expertin	Bildschirm Computer Entwickler(in)
IT-Experte	Bildschirm Computer Entwickler
IT-Expertin	Bildschirm Computer Entwickler
Sänger(in)	Entertainer(in) Rock Star
Sänger	Mann Mikrofon Popstar
Sängerin	Frau Mikrofon Popstar
Künstler(in)	Farbpalette Maler(in)
Künstler	Farbpalette Maler Mann
Künstlerin	Farbpalette Frau Malerin
Pilot(in)	Flugzeug
Pilot	Flugzeug Mann
Pilotin	Flugzeug Frau
Astronaut(in)	Raumfahrt Weltraum
Astronaut	Mann Raumfahrt Weltraum
Astronautin	Frau Raumfahrt Weltraum
Feuerwehrmann/-frau	Feuerwehrhelm
Feuerwehrmann	Feuerwehrhelm
Feuerwehrfrau	Feuerwehrhelm
Polizist(in)	Gesicht Polizei
Polizist	Mann Polizei
Polizistin	Frau Polizei
Detektiv(in)	Spion
Detektiv	Mann Spion
Detektivin	Frau Spionin
Wache	Buckingham Palace Wachfrau Wachmann Wachsoldat Wachsoldatin
Wachsoldat	Buckingham Palace Wache
Wachsoldatin	Buckingham Palace
Ninja	Ausdauer Kämpfer vermummt
Bauarbeiter(in)	Gesicht Helm
Bauarbeiter	Baustelle Helm
Bauarbeiterin	Baustelle Helm Mann
Person mit Krone	adelig königlich königliche Hoheit Monarch Monarchin
Prinz
Prinzessin	Gesicht Krone Märchen
Person mit Turban
Mann mit Turban	Gesicht
Frau mit Turban	Gesicht
Mann mit chinesischem Hut	China Gesicht
Frau mit Kopftuch	Hidschab Mantilla Tichel
Person im Smoking	Bräutigam
Mann im Smoking
Frau im Smoking
Person mit Schleier	Braut Hochzeit
Mann mit Schleier
Frau mit Schleier
schwangere Frau
schwangerer Mann	aufgebläht Bauch dick
schwangere Person	aufgebläht Bauch dick
Stillen	Baby Brust
Flasche gebende Frau	Baby
Mann, der Baby die Flasche gibt	Flasche geben Flasche gebender Mann füttern
Person, die Baby die Flasche gibt	Flasche geben Flasche gebende Person
Putte	Engel Gesicht Märchen
Weihnachtsmann	Weihnachten
Weihnachtsfrau	Weihnachten
Weihnachtsperson	Weihnachten
Superheld(in)	Comic Superheldin Superkraft Übermensch
Superheld
Heldin	Superheldin
Bösewicht
männlicher Bösewicht
weiblicher Bösewicht
Magier(in)	Hexe Hexenmeister Zauberer Zauberin
Magier	Hexenmeister Zauberer
Magierin	Hexe Zauberin
Märchenfee	Oberon Puck Titania
männliche Fee	Oberon Puck Zauberer
Fee	Titania
Vampir	Dracula Untoter
männlicher Vampir	Dracula Untoter
weiblicher Vampir	Untoter
Wassermensch	Meerjungfrau Wasserfrau Wassermann
Wassermann	Triton
Meerjungfrau	Nixe Wasserfrau
Elf(e)	Elbe Elben Elbin magisch
Elf	Alb Elbe magisch
Elfe	Elbin magisch
Flaschengeist	Dschinn
männlicher Flaschengeist	Dschinn
weiblicher Flaschengeist	Dschinn
Zombie	Untoter wandelnder Toter
männlicher Zombie	Untoter wandelnder Toter
weiblicher Zombie	Untote wandelnde Tote
Troll	Fantasy Kobold Märchen Monster Ungeheuer
Person, die eine Kopfmassage bekommt	Salon
Mann, der eine Kopfmassage bekommt
Frau, die eine Kopfmassage bekommt
Person beim Haareschneiden	Friseur Frisur
Mann beim Haareschneiden	Friseur Haarschnitt Schere
Frau beim Haareschneiden	Friseur Haarschnitt Schere
Fußgänger(in)	gehen gehend wandern
Fußgänger	gehen Mann Spaziergang
Fußgängerin	Frau gehen Spaziergang
Fußgänger(in) nach rechts	gehen gehend wandern
Fußgängerin nach rechts	Frau gehen Spaziergang
Fußgänger nach rechts	gehen Mann Spaziergang
stehende Person	Stand
stehender Mann
stehende Frau
kniende Person
kniender Mann
kniende Frau
kniende Person nach rechts
kniende Frau nach rechts
kniender Mann nach rechts
Person mit Langstock	Barrierefreiheit blind Person mit Blindenstock
Person mit Langstock nach rechts	Barrierefreiheit blind Person mit Blindenstock
Mann mit Langstock	Barrierefreiheit blind Mann mit Blindenstock sehbehindert
Mann mit Langstock nach rechts	Barrierefreiheit blind Mann mit Blindenstock sehbehindert
Frau mit Langstock	Barrierefreiheit blind Frau mit Blindenstock
Frau mit Langstock nach rechts	Barrierefreiheit blind Frau mit Blindenstock
Person in elektrischem Rollstuhl	Barrierefreiheit
Person in elektrischem Rollstuhl nach rechts	Barrierefreiheit
Mann in elektrischem Rollstuhl	Barrierefreiheit
Mann in elektrischem Rollstuhl nach rechts	Barrierefreiheit
Frau in elektrischem Rollstuhl	Barrierefreiheit
Frau in elektrischem Rollstuhl nach rechts	Barrierefreiheit
Person in manuellem Rollstuhl	Barrierefreiheit
Person in manuellem Rollstuhl nach rechts	Barrierefreiheit
Mann in manuellem Rollstuhl	Barrierefreiheit
Mann in manuellem Rollstuhl nach rechts	Barrierefreiheit
Frau in manuellem Rollstuhl	Barrierefreiheit
Frau in manuellem Rollstuhl nach rechts	Barrierefreiheit
laufende Person	Marathon Sport
laufender Mann	joggen Jogger Marathon
laufende Frau	joggen Joggerin Marathon
laufende Person nach rechts	Marathon Sport
laufende Frau nach rechts	joggen Joggerin Marathon
laufender Mann nach rechts	joggen Jogger Marathon
tanzende Frau
tanzender Mann
schwebender Mann im Anzug	geschäftlich
Personen mit Hasenohren	Bunnys Leute
Männer mit Hasenohren	Bunnys Party
Frauen mit Hasenohren	Bunnys Party
Person in Dampfsauna
Mann in Dampfsauna
Frau in Dampfsauna
Bergsteiger(in)
Bergsteiger
Bergsteigerin
Fechter(in)	fechten Schwert Sport
Pferderennen	Jockey auf Pferd Sport
Skifahrer(in)	Schnee Skifahrerin Sport
Snowboarder(in)	Snowboarden Snowboarderin Sport
Golfer(in)
Golfer	golfen Golfspieler Mann
Golferin	Frau golfen Golfspielerin
Surfer(in)	Surfen Wassersport Wellenreiten Wellenreiter Wellenreiterin
Surfer	Mann Wellenreiten
Surferin	Frau Wellenreiten
Person im Ruderboot
Mann im Ruderboot	rudern
Frau im Ruderboot	rudern
Schwimmer(in)	Kraulen Schwimmen Sport Wasser
Schwimmer	kraulen Pool Schwimmbad schwimmen
Schwimmerin	kraulen Pool Schwimmbad schwimmen
Person mit Ball	Basketball
Mann mit Ball	Ballsport Handball
Frau mit Ball	Ballsport Handball
Gewichtheber(in)
Gewichtheber	Gewicht heben Mann
Gewichtheberin	Frau Gewicht heben
Radfahrer(in)	Radfahren
Radfahrer	Fahrrad Mann
Radfahrerin	Fahrrad Frau
Mountainbiker(in)	Radfahren
Mountainbiker	Fahrrad Mann Rad
Mountainbikerin	Fahrrad Frau Rad
Rad schlagende Person	Bodenturnen Radschlag
Rad schlagender Mann	Bodenturnen Radschlag
Rad schlagende Frau	Bodenturnen Radschlag
Ringer(in)	Ringkampf Wrestling
ringende Männer	Ringer Ringkampf Wrestling
ringende Frauen	Ringer Ringkampf Wrestling
Wasserballspieler(in)	Sport
Wasserballspieler	Wassersport
Wasserballspielerin	Wassersport
Handballspieler(in)	Sport
Handballspieler	Mann
Handballspielerin	Frau
Jongleur(in)	geschickt jonglieren Multitasking
Jongleur	geschickt jonglieren Mann Multitasking
Jongleurin	Frau geschickt jonglieren Multitasking
Person im Lotossitz	Meditation Yoga
Mann im Lotossitz	Meditation Yoga
Frau im Lotossitz	Meditation Yoga
badende Person	Badewanne Badezimmer
im Bett liegende Person	schlafen
sich an den Händen haltende Personen	Hände halten Paar
Händchen haltende Frauen	Paar Pärchen aus Frau und Frau
Mann und Frau halten Hände	Händchen halten Paar Pärchen aus Frau und Mann
Händchen haltende Männer	Paar Pärchen aus Mann und Mann
sich küssendes Paar	Frau Herz Kuss Mann
sich küssendes Paar: Frau, Mann	Herz Kuss
sich küssendes Paar: Mann, Mann	Frau Herz Kuss
sich küssendes Paar: Frau, Frau	Herz Kuss Mann
Liebespaar	Frau Herz Mann
Liebespaar: Frau, Mann	Herz
Liebespaar: Mann, Mann	Frau Herz
Liebespaar: Frau, Frau	Herz Mann
Familie: Mann, Frau und Junge	Kind Mutter Vater
Familie: Mann, Frau und Mädchen	Kind Mutter Vater
Familie: Mann, Frau, Mädchen und Junge	Kind Mutter Vater
Familie: Mann, Frau, Junge und Junge	Kind Mutter Vater
Familie: Mann, Frau, Mädchen und Mädchen	Kind Mutter Vater
Familie: Mann, Mann und Junge	Kind Mutter Vater
Familie: Mann, Mann und Mädchen	Kind Mutter Vater
Familie: Mann, Mann, Mädchen und Junge	Kind Mutter Vater
Familie: Mann, Mann, Junge und Junge	Kind Mutter Vater
Familie: Mann, Mann, Mädchen und Mädchen	Kind Mutter Vater
Familie: Frau, Frau und Junge	Kind Mutter Vater
Familie: Frau, Frau und Mädchen	Kind Mutter Vater
Familie: Frau, Frau, Mädchen und Junge	Kind Mutter Vater
Familie: Frau, Frau, Junge und Junge	Kind Mutter Vater
Familie: Frau, Frau, Mädchen und Mädchen	Kind Mutter Vater
Familie: Mann, Junge	Kind Mutter Vater
Familie: Mann, Junge und Junge	Kind Mutter Vater
Familie: Mann, Mädchen	Kind Mutter Vater
Familie: Mann, Mädchen und Junge	Kind Mutter Vater
Familie: Mann, Mädchen und Mädchen	Kind Mutter Vater
Familie: Frau, Junge	Kind Mutter Vater
Familie: Frau, Junge und Junge	Kind Mutter Vater
Familie: Frau, Mädchen	Kind Mutter Vater
Familie: Frau, Mädchen und Junge	Kind Mutter Vater
Familie: Frau, Mädchen und Mädchen	Kind Mutter Vater
sprechender Kopf	Gesicht Silhouette
Silhouette einer Büste	Person
Silhouette mehrerer Büsten	Personen
sich umarmende Personen	Danke Hallo Tschüss Umarmung
Familie	Kind Mutter Vater
Familie: 2 Erwachsene, 1 Kind
Familie: 2 Erwachsene, 2 Kinder
Familie: 1 Erwachsene(r), 1 Kind
Familie: 1 Erwachsene(r), 2 Kinder
Fußabdrücke	Abdruck Fußabdruck
Affengesicht	Tier
Affe	Tier
Gorilla	Affe Gesicht Tier
Orang-Utan	Affe
Hundegesicht	Tier
Hund	Haustier Tier
Blindenhund	Barrierefreiheit sehbehindert
Assistenzhund	Barrierefreiheit
Pudel	Hund Tier
Wolf	Gesicht Tier Wolfsgesicht
Fuchs	Fuchsgesicht Gesicht Tier
Waschbär	neugierig
Katzengesicht	Tier
Katze	Haustier Tier
schwarze Katze	Pech Unglück
Löwe	Gesicht Löwengesicht Sternzeichen Tierkreis
Tigergesicht	Tier
Tiger	Tier
Leopard	Tier
Pferdegesicht	Tier
Elch	Geweih Säugetier Tier
Esel	Dummkopf Maultier Säugetier störrisch stur Tier
Pferd	Rennen Rennpferd Tier
Einhorn	Einhorngesicht Gesicht
Zebra	Streifen
Hirsch	Gesicht Tier
Bison	Büffel Herde Wisent
Kuhgesicht	Tier
Ochse	Sternzeichen Stier Tier Tierkreis
Wasserbüffel	Tier
Kuh	Tier
Schweinegesicht	Tier
Schwein	Sau Tier
Wildschwein	Tier
Schweinerüssel	Nase Tier
Widder	Schaf Sternzeichen Tierkreis
Schaf	Tier
Ziege	Steinbock Sternzeichen Tier Tierkreis
Dromedar	einhöckrig Kamel Tier
Kamel	Tier zweihöckrig
Lama	Alpaca Wolle
Giraffe	Flecken
Elefant	Tier
Mammut	Aussterben groß Stoßzahn wollig
Nashorn	Rhinozeros Tier
Nilpferd	Hippo
Mäusegesicht	Maus Tier
Maus	Tier
Ratte	Tier
Hamster	Gesicht Hamstergesicht Tier
Hasengesicht	Tier
Hase	Kaninchen Tier
Streifenhörnchen	Tier
Biber	Damm
Igel	stachelig
Fledermaus	Tier Vampir
Bär	Bärengesicht Gesicht Tier
Eisbär	Arktis Nordpol weiß
Koala	Koalabär Tier
Panda	Gesicht Pandabär Pandagesicht Tier
Faultier	langsam
Otter	fischen verspielt
Stinktier	Skunk stinken
Känguru	Hüpfen
Dachs	Dachse
Tatzenabdrücke	Abdruck Tier
Truthahn	Geflügel
Huhn	Geflügel Henne Tier
Hahn	Tier
schlüpfendes Küken	Tier
Küken	Tier
Küken von vorne	Geflügel Tier
Vogel	Papagei Taube
Pinguin	Tier
Taube	fliegen Friede Frieden Vogel
Adler	Vogel
Ente	Vogel
Schwan	hässliches Entlein Vogel
Eule	Vogel weise
Dodo	Aussterben groß Mauritius
Feder	Federn fliegen leicht
Flamingo	bunt farbenfroh Tropen tropisch
Pfau	stolz stolzieren Vogel
Papagei	Pirat Vogel Wiederholen
Flügel	Engelsflügel Federn fliegen Mythologie Vogel
schwarzer Vogel	Amsel Krähe Rabe
Gans	blöd dumm Geflügel Vogel
Phönix	Fantasy Feuervogel Reinkarnation Wiedergeburt
Frosch	Froschgesicht Gesicht Tier
Krokodil	Tier
Schildkröte	Tier
Eidechse	Reptil
Schlange	Schlangenträger Sternzeichen Tier Tierkreis
Drachengesicht	Tier
Drache	Märchen Tier
Sauropode	Brachiosaurus Brontosaurus Dino Dinosaurier Diplodocus Saurier
T-Rex	Dino Dinosaurier Saurier Tyrannosaurus Rex
blasender Wal	Tier
Wal	Tier
Delfin	Tier
Seehund	Seelöwe
Fisch	Fische Sternzeichen Tier Tierkreis
Tropenfisch	Tier
Kugelfisch	Tier
Hai	Haifisch
Oktopus	Krake Tier Tintenfisch
Schneckenhaus	Muschel Tier
Koralle	Korallenriff Ozean Riff
Qualle	autsch brennen Gallert Glibber Meerestier Nesseltier
Krebs	Sternzeichen Tierkreis
Hummer	Meeresfrüchte
Garnele	Gourmet Krustentier
Tintenfisch	Kalmar
Auster	Perle tauchen
Schnecke	Tier
Schmetterling	schön
Raupe	Insekt Tier
Ameise	Insekt Tier
Biene	Honigbiene Hummel Tier
Käfer	Insekt
Marienkäfer	Glückskäfer Tier
Grille	Heuschrecke
Kakerlake	Insekt Schabe
Spinne	Insekt Tier
Spinnennetz
Skorpion	Sternzeichen Tierkreis
Mücke	Fieber Insekt Malaria Moskito
Fliege	Krankheit Made Plage verwesen
Wurm	Parasit Regenwurm Ringelwurm
Mikrobe	Amöbe Bakterie Einzeller
Blumenstrauß	Bouquet
Kirschblüte	Blume Kirsche Pflanze
Blumenstempel
Lotusblüte	Blume Buddhismus Hinduismus Reinheit
Rosette	Pflanze
Rose	Blume Blüte Pflanze
welke Blume	verwelkt
Hibiskus	Blume Blüte Pflanze
Sonnenblume	Blüte Pflanze
gelbe Blüte	Blume Pflanze
Tulpe	Blume Blüte Pflanze
Hyazinthe	blaue Wiesenlupine Blume Blüte Löwenmaul Lupine
Spross	junge Pflanze
Topfpflanze	Haus langweilig nutzlos pflegen wachsen
Nadelbaum	Pflanze
Laubbaum	Pflanze
Palme	Baum Pflanze
Kaktus	Pflanze
Reisähre	Pflanze
Kräuter	Blätter
Kleeblatt	Pflanze
Glücksklee	Kleeblatt vier vierblättrig
Ahornblatt	Herbst Laub Pflanze
Laub	Blatt Blätter Herbst Pflanze
Blätter im Wind	Blatt Laub Pflanze
leeres Nest	Nestbau nisten Vogelnest
Nest mit Eiern	Nestbau nisten Vogelnest
Fliegenpilz
Trauben	Frucht Obst
Honigmelone	Frucht Obst
Wassermelone	Frucht Obst
Mandarine	Frucht Obst Orange
Zitrone	Frucht Obst Zitrusfrucht
Limette	Frucht tropisch Zitrusfrucht
Banane	Frucht Obst
Ananas	Frucht Obst
Mango	Frucht Früchte tropisch
roter Apfel	Frucht Obst
grüner Apfel	Frucht Obst
Birne	Frucht Obst
Pfirsich	Frucht Obst
Kirschen	Frucht Obst
Erdbeere	Frucht Obst
Blaubeeren	Heidelbeere
Kiwi	Frucht Obst
Tomate	Gemüse
Olive	Lebensmittel
Kokosnuss	Palme Piña Colada
Avocado	Frucht
Aubergine	Gemüse
Kartoffel	Essen
Karotte	Gemüse Möhre Mohrrübe
Maiskolben
Peperoni	Chili Paprika Pfeffer Pflanze scharf
Paprika	Gemüse Gemüsepaprika
Gurke	Essen Gemüse
Blattgemüse	Grünzeug Kohl Salat Spinat
Brokkoli	Gemüsekohl
Knoblauch	Geschmack
Zwiebel	Geschmack
Erdnuss	Essen
Bohnen	Essen Hülsenfrucht Kidney-Bohne Lebensmittel
Kastanie	Marone
Ingwer	Gewürz Ginger Ale Ingwerbier Wurzel
Erbsenschote	Edamame Gemüse Hülsenfrucht
brauner Pilz	Gemüse Lebensmittel Natur Pflanze
Brot	Brotlaib Laib Brot
Croissant	französisch Frühstück Frühstückshörnchen
Baguette	französisch Frühstück
Fladenbrot	Arepa Lavasch Naan Pita
Brezel	gedreht
Bagel	Bäckerei Backwaren Frühstück
Pfannkuchen	Eierpfannkuchen Essen
Waffel	Waffel mit Butter
Käsestück
Fleischhachse	Knochen Restaurant
Hähnchenschenkel	Geflügel Restaurant
Fleischstück	Kotelett Lammkotelett Schweinekotelett Steak
Bacon	Essen Frühstücksspeck Speck
Hamburger	Restaurant
Pommes frites	Fritten
Pizza	Pizzastück Pizzeria
Hotdog	Frankfurter Hot Dog Wurst Würstchen
Sandwich	Brot
Taco	mexikanisch
Burrito	mexikanisch
Tamale	eingewickelt mexikanisch
Döner	Döner Kebab Falafel Wrap
Falafel	Bällchen Kichererbsen
Ei	Frühstück Frühstücksei
Spiegelei in Bratpfanne	Kochen
Pfannengericht	Essen Paella Reispfanne
Topf mit Essen	Eintopf Gericht
Fondue	geschmolzen Käse Schokolade schweizerisch Topf
Schüssel mit Löffel	Cerealien Frühstück Reisbrei
Salat	Essen
Popcorn	Snack
Butter	Milchprodukt
Salz	Geschmack Salzstreuer
Konserve	Dose
Bento-Box
Reiscracker
Reisbällchen
Reis in Schüssel
Reis mit Curry
Schüssel und Essstäbchen	dampfend Eiernudeln Nudeln Suppe
Spaghetti	Nudeln mit Tomatensoße Pasta
geröstete Süßkartoffel
Oden	japanisches Gericht Restaurant
Sushi	japanisches Gericht Restaurant
frittierte Garnele	Restaurant
Fischfrikadelle
Mondkuchen	Festival Herbst Yuebing
Dango	japanisches Gericht Mochi-Kugeln auf einem Spieß Restaurant
Teigtasche	chinesische Teigtasche Empanada Gyōza Jiaozi Pierogi
Glückskeks	Prophezeiung
Takeaway-Schachtel	Takeaway-Box
Softeis
Wassereis	Sorbet
Eiscreme	Eisbecher Eisdiele
Donut	Doughnut
Keks	Cookie
Geburtstagskuchen	Torte
Torte	Kuchen Kuchenstück Stück Torte Tortenstück
Cupcake	Gebäck Konditorei Muffin süß
Kuchen	Füllung Gebäck
Schokoladentafel
Bonbon	Süßigkeit
Lutscher	Lolli Süßigkeit
Pudding	Dessert Nachspeise Nachtisch Schokolade Soße
Honigtopf
Babyflasche	Fläschchen Kind Milch trinken
Glas Milch	Getränk
Heißgetränk	dampfend Kaffee Tee trinken
Teekanne	trinken
Teetasse ohne Henkel
Sake-Flasche mit Tasse	Getränk trinken
Flasche mit knallendem Korken	Champagner Sekt trinken
Weinglas	Bar
Cocktailglas	Bar
Cocktail	Bar exotisches Getränk
Bierkrug	Bar
Bierkrüge	anstoßen
Sektgläser	anstoßen feiern Getränk
Trinkglas	Bar Whiskey
Flüssigkeit ausgießen	Getränk Glas leer verschütten
Becher mit Strohhalm	Saft Selters
Bubble Tea	Blase Milch Perle Tee
Trinkpäckchen	Getränk Saftpackung
Mate-Tee	Getränk
Eiswürfel	Eisberg kalt
Essstäbchen	Hashi
Teller mit Messer und Gabel	kochen
Messer und Gabel	Besteck Gabel und Messer
Löffel	Besteck
Küchenmesser
Einmachglas	Einweckglas Gewürzglas leer Marmeladeglas
Amphore	Gefäß kochen Krug Vase Wassermann
Globus mit Europa und Afrika	Weltkugel
Globus mit Amerika	Nordamerika Südamerika Weltkugel
Globus mit Asien und Australien	Weltkugel
Globus mit Meridianen	Breitengrad Längengrad
Weltkarte
Umriss von Japan	Karte
Kompass	Himmelsrichtung magnetisch Navigation Orientierung Windrose
schneebedeckter Berg	kalt
Berg	Gebirge
Vulkan	Ausbruch Berg Wetter
Fuji	Berg
Camping	campen Zelt zelten
Strand mit Sonnenschirm	Meer
Wüste
einsame Insel	Meer Strand verlassen
Nationalpark
Stadion	Arena
antikes Gebäude	klassizistisch
Kran	Bau bauen
Ziegelstein	Klinker Mauerwerk Wand
Felsen	Stein
Holz	Feuerholz Holzscheite
Hütte	Haus Jurte Rundhaus
Wohnhäuser	Gebäude Haus Wohnhaus Wohnsiedlung
verfallenes Haus	Gebäude heruntergekommen verlassen
Haus	Gebäude Zuhause
Haus mit Garten	Baum
Bürogebäude	Hochhaus
japanisches Postgebäude
Postgebäude	Europa
Krankenhaus	Arzt Gebäude Medizin
Bank	Gebäude Geld
Hotel	Gebäude übernachten Unterkunft
Stundenhotel	Gebäude Liebe Unterkunft
Minimarkt	einkaufen Gebäude Geschäft Lebensmittel
Schule	Gebäude Schulgebäude
Kaufhaus	einkaufen Gebäude Geschäft shoppen
Fabrik	Fabrikgebäude Gebäude
japanisches Schloss	Bauwerk Gebäude
Schloss	Bauwerk Europa europäisch Gebäude
Hochzeit	Herz Kirche
Tokyo Tower	Fernsehturm Tokio
Freiheitsstatue	Amerika
Kirche	Christ Christentum christlich Gebäude Kreuz Religion
Moschee	Islam Moslem Muslim Religion
Hindutempel
Synagoge	Jude jüdisch Religion Tempel
Shinto-Schrein	Religion
Kaaba	Islam Moslem Muslim Religion
Springbrunnen	Garten Park
Zelt	Camping Campingurlaub Zeltplatz
neblig	Nebel Wetter
Sternenhimmel	Nacht
Skyline	Gebäude Häuser Hochhäuser Stadt Wolkenkratzer
Sonnenaufgang über Bergen
Sonnenaufgang über dem Meer
Abendstimmung in der Stadt	Hochhäuser Sonnenuntergang
Sonnenuntergang in der Stadt	Hochhäuser
Brücke vor Nachthimmel	Golden Gate nachts
heiße Quellen	Dampf dampfend
Karussellpferd
Spielplatzrutsche	spielen Vergnügungspark
Riesenrad	Freizeitpark Volksfest
Achterbahn	Freizeitpark Volksfest
Barbershop-Säule	Herrenfriseur
Zirkuszelt	Unterhaltung
Dampflokomotive	Fahrzeug Zug
Eisenbahnwagen	Fahrzeug Waggon Zug
Hochgeschwindigkeitszug mit spitzer Nase	Shinkansen TGV
Hochgeschwindigkeitszug	Japan Shinkansen
Zug	Eisenbahn
U-Bahn	Metro
S-Bahn	Zug
Bahnhof	Zug
Straßenbahn	Tram
Einschienenbahn	Magnetschwebebahn
Bergbahn
Straßenbahnwagen	Tram Tramwagen
Bus	Fahrzeug
Bus von vorne
Oberleitungsbus	Trolleybus
Kleinbus
Krankenwagen	Notfall
Feuerwehrauto	Brand Löschfahrzeug
Polizeiwagen	Streifenwagen
Polizeiwagen von vorne	Streifenwagen
Taxi	Auto Fahrzeug
Taxi von vorne
Auto	Fahrzeug
Auto von vorne	Automobil Fahrzeug
Wohnmobil	verreisen
Pick-up	Laster Lieferwagen
Lieferwagen	Lastwagen LKW
Sattelzug	Lastwagen LKW
Traktor	Landwirtschaft Trecker
Rennauto	Autorennen
Motorrad	Motorrennen
Motorroller	Vespa
manueller Rollstuhl	Barrierefreiheit
elektrischer Rollstuhl	Barrierefreiheit
Autorikscha	Tuk-Tuk
Fahrrad
Tretroller
Skateboard	Skateboard fahren
Rollschuh	Rollen
Bushaltestelle
Autobahn	Schnellstraße
Bahngleis	Schienen
Ölfass
Tanksäule	Benzin tanken Tankstelle
Autorad	drehen Reifen rotieren
Polizeilicht
horizontale Verkehrsampel	vertikal
vertikale Verkehrsampel	horizontal
Stoppschild	achteckig
Baustellenabsperrung	Schild
Anker	Hafen Meer
Rettungsring	Leben retten retten Schwimmring Sicherheit
Segelboot
Kanu	Boot Wassersport
Schnellboot
Passagierschiff	Seereise
Fähre	Schiff
Motorboot	Schiff
Schiff	Dampfer Kreuzfahrtschiff
Flugzeug	Flieger
kleines Flugzeug
Abflug	Flugzeug Start Start eines Flugzeugs
Landung eines Flugzeugs
Fallschirm	Fallschirmspringen Paragliding Skydiving
Sitzplatz	Flugzeug Zug
Hubschrauber	Helikopter
Schwebebahn	Hängebahn
Bergschwebebahn
Bergseilbahn	Gondel
Satellit	Weltraum
Rakete	Weltraum
fliegende Untertasse	UFO
Rezeptionsklingel
Gepäck	Ballast Koffer Reise
Sanduhr	Prozess Vorgang läuft
laufende Sanduhr	Prozess Vorgang läuft
Armbanduhr
Wecker	Uhr Uhrzeit
Stoppuhr
Zeitschaltuhr	Timer
Kaminuhr
Ziffernblatt 12:00 Uhr	Mittag Mitternacht zwölf Uhr
12:30 Uhr	00:30 halb eins Ziffernblatt 12:30 Uhr
1:00 Uhr	01:00 13:00 Punkt eins Ziffernblatt 1:00 Uhr
1:30 Uhr	halb zwei Ziffernblatt 1:30 Uhr
2:00 Uhr	Ziffernblatt 2:00 Uhr
2:30 Uhr	halb drei Ziffernblatt 2:30 Uhr
3:00 Uhr	Ziffernblatt 3:00 Uhr
3:30 Uhr	halb vier Ziffernblatt 3:30 Uhr
4:00 Uhr	Ziffernblatt 4:00 Uhr
4:30 Uhr	04:30 16:30 halb fünf Ziffernblatt 4:30 Uhr
5:00 Uhr	05:00 17:00 Punkt fünf Ziffernblatt 5:00 Uhr
5:30 Uhr	05:30 17:30 halb sechs Ziffernblatt 5:30 Uhr
6:00 Uhr	Ziffernblatt 6:00 Uhr
6:30 Uhr	halb sieben
7:00 Uhr	Ziffernblatt 7:00 Uhr
7:30 Uhr	halb acht Ziffernblatt 7:30 Uhr
8:00 Uhr	Ziffernblatt 8:00 Uhr
8:30 Uhr	halb neun Ziffernblatt 8:30 Uhr
9:00 Uhr	Ziffernblatt 9:00 Uhr
9:30 Uhr	halb zehn Ziffernblatt 9:30 Uhr
10:00 Uhr	Ziffernblatt 10:00 Uhr
10:30 Uhr	halb elf Ziffernblatt 10:30 Uhr
11:00 Uhr	Ziffernblatt 11:00 Uhr
11:30 Uhr	halb zwölf Ziffernblatt 11:30 Uhr
Neumond
erstes Mondviertel	zunehmend
zunehmender Halbmond
zweites Mondviertel	zunehmend
Vollmond
drittes Mondviertel	abnehmend
abnehmender Halbmond
letztes Mondviertel	abnehmend
Mondsichel
Neumond mit Gesicht
Mondsichel mit Gesicht links
Mondsichel mit Gesicht rechts
Thermometer	Temperatur Wetter
Sonne	Sonnenstrahlen sonnig Strahlen Wetter
Vollmond mit Gesicht
Sonne mit Gesicht
Ringplanet	Saturn
weißer mittelgroßer Stern
funkelnder Stern
Sternschnuppe	Himmel
Milchstraße	Galaxie
Wolke	Wetter wolkig
Sonne hinter Wolke	wolkig
Wolke mit Blitz und Regen	Gewitter Wetter wolkig
Sonne hinter kleiner Wolke	kleine Wolke Wetter
Sonne hinter großer Wolke	große Wolke Wetter
Sonne hinter Regenwolke	Wetter
Wolke mit Regen	Regenwolke Wetter
Wolke mit Schnee	Wetter
Wolke mit Blitz	Gewitter Wetter
Wirbelsturm	Wetter
Nebel	neblig Wetter
Wind	Wetter windig
Wirbel	Spirale Wirbelsturm
Regenbogen	Wetter
geschlossener Regenschirm
Regenschirm	Bekleidung Wetter
Regenschirm im Regen
aufgestellter Sonnenschirm
Hochspannung	Blitz Gefahr
Schneeflocke
Schneemann im Schnee
Schneemann ohne Schneeflocken	kalt Winter
Komet	Weltall
Feuer	Flamme heiß
Tropfen	Schweiß Wasser Wassertropfen
Welle	Meer
Halloweenkürbis
Weihnachtsbaum	Tanne Weihnachten
Feuerwerk	Silvester
Wunderkerze	Feuerwerk
Feuerwerkskörper	Dynamit explosiv Knaller
funkelnde Sterne	*
Luftballon	Geburtstag
Konfettibombe	Feier Party
Konfettiball	Feier
Tanabata-Baum	Fest Japan Sternenfest Zettel
Piniendekoration	Japan Neujahrsfest
japanische Puppen	Puppenfest Japan
traditionelle japanische Windsäcke	Feier Karpfen
japanisches Windspiel	Feier Glocke
traditionelles Mondfest	Japan
roter Umschlag	Geld Geschenk Glück Hongbao
pinke Schleife	Feier
Geschenk	Feier verpackt
Gedenkschleife
Eintrittskarten	Ticket
Ticket	Konzert Unterhaltung
Militärorden
Pokal	Preis
Sportmedaille
Goldmedaille	Erster Medaille 1. Platz
Silbermedaille	Medaille 2. Platz Zweiter
Bronzemedaille	Dritter Medaille 3. Platz
Fußball
Baseball
Softball	Handschuh
Basketball	Korb Sport
Volleyball
Football	Amerika Sport
Rugbyball	Sport
Tennisball	Sport
Frisbee	Ultimate
Bowling	Bowlingkugel Kugel Spiel
Kricket	Ball Cricket Schläger
Feldhockey	Schläger
Eishockey	Puck Schläger
Lacrosse	Ball Schläger Stock
Tischtennis	Ball Schläger
Badminton	Federball Schläger
Boxhandschuh	Boxen Sport
Kampfsportanzug	Judo Kampfkunst Karate Taekwondo
Tor	Sport
Golffahne	Golfplatz
Schlittschuh	Eislauf
Angel mit Fisch	Angeln Entspannung
Tauchmaske	schnorcheln Sporttauchen tauchen
Laufshirt	Laufen Schärpe Sport
Ski	Ski und Stöcke
Schlitten	Rodel
Curlingstein	Spiel
Darts	Spiel Volltreffer Zielscheibe
Jo-Jo	Spielzeug
Drachen	fliegen steigen
Wasserpistole	Revolver Waffe
Billardkugel	8-Ball Spiel
Kristallkugel	Wahrsager
Zauberstab	Hexe Hexer Zauberei Zauberer Zauberin
Gamepad	Gaming Videospiel
Joystick	Gaming Videospiel
Spielautomat	Glücksspiel
Spielwürfel
Puzzleteil	Puzzlestück
Teddybär	Kuscheltier Plüschteddy Plüschtier Spielzeug
Piñata	Feier Party
Discokugel	Lichtreflexe Party Spiegelkugel tanzen
Matroschka	Matrioschka Puppe Russland
Pik	Kartenspiel
Herz	Kartenspiel
Karo	Kartenspiel
Kreuz	Kartenspiel
Bauer Schach
Jokerkarte	Spielkarte
Mahjong-Stein	roter Drache
japanische Blumenkarte	Hanafuda
Masken	Kunst Theater Unterhaltung
gerahmtes Bild	Gemälde Kunst malen Rahmen Zeichnung
Mischpalette	Farben Kunst Künstler
Faden	Nadel Nähen Zwirn
Nähnadel	nähen Nähte schneidern Stiche sticken
Wollknäuel	Häkeln Stricken Wolle
Knoten	binden Schnur Seil zusammendrehen
Brille	Accessoire
Sonnenbrille	Augen dunkel
Schutzbrille	Augenschutz Schweißen Schwimmen
Laborkittel	Doktor Experiment Wissenschaftler
Sicherheitsweste	Notfall
Hemd mit Krawatte	Kleidung Kragen Schlips
T-Shirt	Kleidung
Jeans	Hose Kleidung
Schal	Hals
Handschuhe
Mantel	Jacke
Socken	Strümpfe
Kleid	Kleidung
Kimono	Kleid Kleidung
Sari	Kleid Kleidung
einteiliger Badeanzug
Slip	Badeanzug Einteiler Unterwäsche
Shorts	Badebekleidung Boxershorts Schwimmshorts
Bikini	Badeanzug Kleidung
Bluse	Damenmode Kleidung Oberbekleidung
Faltfächer	kühlen schüchtern warm
Geldbörse	Accessoire Brieftasche Portemonnaie
Handtasche	Accessoire
Clutch	Accessoire Tasche
Einkaufstüten	Einkaufen shoppen Shopping
Schulranzen	Rucksack Schule Tornister
Zehensandale	Zehensandalen
Herrenschuh
Sportschuh	Sneaker sportlich
Wanderstiefel	Camping Wandern Wanderung
flacher Schuh	Ballet-Pumps Slipper
Stöckelschuh	Absatzschuh Damen Highheels Pumps
Damensandale	Schuh
Ballettschuhe	Tanz
Damenstiefel	Schuh
Haarkamm	Afro Haare
Krone	König Königin
Damenhut	Damenhut mit Schleife Kopfbedeckung Schleife
Zylinder	Hut Kopfbedeckung Zylinderhut
Doktorhut	Abschlussfeier
Baseballmütze	Baseballkappe Schirmkappe
Militärhelm	Kämpfer Kämpferin Soldat Soldatin
Rettungshelm	bergen Helm mit weißem Kreuz Hilfe retten
Gebetskette	Religion Rosenkranz
Lippenstift	Kosmetik Make-up Schminke
Ring	Diamantring Edelstein Schmuck Verlobung
Edelstein	Diamant
durchgestrichener Lautsprecher	stummgeschaltet
Lautsprecher mit geringer Lautstärke	eingeschaltet
Lautsprecher mit mittlerer Lautstärke	mittellaut
Lautsprecher mit hoher Lautstärke
Lautsprecher
Megafon	Jubel Lautsprecher
Posthorn	Brief E-Mail
Glocke	Ton eingeschaltet
durchgestrichene Glocke	Ton ausgeschaltet
Notenschlüssel	Musik Partitur Violinschlüssel
Musiknote
Musiknoten
Studiomikrofon
Schieberegler	Musik
Drehregler	Bedienknöpfe Stellknöpfe
Mikrofon	Karaoke Singen Unterhaltung
Kopfhörer	Musik Unterhaltung
Radio	Musik
Saxofon	Instrument Musik Musikinstrument
Trompete	Instrument Musik Musikinstrument
Akkordeon	Akkordeons Concertina Quetschkommode Quetschkommoden Ziehharmonika Ziehharmonikas
Gitarre	Instrument Musik Musikinstrument
Klaviatur	Instrument Musik Musikinstrument Tastatur Tasten
Geige	Instrument Musik Musikinstrument
Banjo	Musik Streichinstrument
Trommel	Trommelstöcke
afrikanische Trommel	Conga Rhythmus
Maracas	Instrument Musik Percussion Rassel
Flöte	Instrument Musik
Mobiltelefon	Handy Smartphone
Mobiltelefon mit Pfeil	Anruf
Telefon	Festnetz
Telefonhörer	anrufen
Pager
Faxgerät
Batterie	Akku
schwache Batterie	Akku Elektronik niedriger Akkustand schwacher Akku
Netzstecker	Stromstecker
Laptop	Computer Notebook PC
Desktopcomputer	Bildschirm Monitor
Drucker	Computer
Tastatur	Computer
Computermaus
Trackball	Computer
Minidisc	MD
Diskette	Datenträger
CD	Blu-Ray DVD
DVD	CD
Abakus	Abaki Abakusse Rechenhilfe Rechenschieber
Filmkamera	Kino Unterhaltung
Filmstreifen	Filmband Kino
Filmprojektor	Kino Unterhaltung
Filmklappe	Unterhaltung
Fernseher	Film TV
Fotoapparat	Fotos Kamera
Fotoapparat mit Blitz
Videokamera	Videos
Videokassette
Lupe nach links	Suche Vergrößerungsglas
Lupe nach rechts	Suche Vergrößerungsglas
Kerze	Licht
Glühbirne	Idee Licht
Taschenlampe	Licht
rote Papierlaterne	Izakaya japanisches Lokal
Öllampe	Diya
Notizbuch mit dekorativem Einband
geschlossenes Buch
offenes Buch	geöffnet
grünes Buch
blaues Buch
orangefarbenes Buch
Bücherstapel
Notizbuch	Notizen
Spiralblock	Notizblock
teilweise eingerolltes Blatt	Dokument Papier Seite
Schriftrolle	Papier
Vorderseite eines Blattes	Dokument Papier
Zeitung	Nachrichten
zusammengerollte Zeitung
Pagemarker	Notizen
Lesezeichen	Lesen
Etikett	Label Marke
Münze	Geld Gold Metall Schatz Silber
Geldsack
Yen-Banknote	Geld Geldschein
Dollar-Banknote	Geld Geldschein
Euro-Banknote	Euroschein Geld Geldschein
Pfund-Banknote	Geld Geldschein
Geldschein mit Flügeln	Bank
Kreditkarte	Guthaben
Beleg	Belege Buchhaltung Rechnung Rechnungslegung
steigende Kurve mit Yen-Zeichen	Diagramm Markt
Briefumschlag	E-Mail
E-Mail	Brief E-Mail-Symbol
eingehender Briefumschlag	E-Mail empfangen
Umschlag mit Pfeil	E-Mail gesendet
Postausgang	Ablage
Posteingang	Ablage
Paket	Päckchen
geschlossener Briefkasten mit Post	E-Mail
geschlossener Briefkasten ohne Post	keine E-Mail keine Post
offener Briefkasten mit Post	E-Mail
offener Briefkasten ohne Post	keine E-Mail keine Post
Briefkasten
Urne mit Wahlzettel
Bleistift
schwarzer Federhalter	Füller Stift
Füllhalter	Füller Füllfederhalter
Kugelschreiber	Stift
Pinsel	Kunst malen
Wachsmalstift	Buntstift
Papier und Bleistift	Kurzmitteilung Nachricht
Aktentasche
Ordner	Dokument geschlossen
geöffneter Ordner	Dokument offen
Karteireiter	Büromaterial Karteikarten
Kalender	Kalenderblatt
Abreißkalender
Notizblock
Spiralkalender
Rotationskartei	Visitenkarten
Aufwärtstrend	Diagramm Kurve steigend
Abwärtstrend	Diagramm fallend Kurve
Balkendiagramm
Klemmbrett	Clipboard Zwischenablage
Reißzwecke	anpinnen
Stecknadel	anpinnen Reißzwecke rund runde Reißzwecke
Büroklammer
verhakte Büroklammern
Lineal
dreieckiges Lineal	Geodreieck
Schere
Karteikasten	Büromaterial
Aktenschrank	Ablage Archiv
Papierkorb
geschlossenes Schloss	Datenschutz Sicherheit
offenes Schloss	nicht gesichert
Schloss mit Füller	Datenschutz privat Sicherheit
Schloss mit Schlüssel	Datenschutz privat Sicherheit
Schlüssel	Passwort
alter Schlüssel
Hammer	Werkzeug
Axt	Beil hacken Holz spalten
Pickel	Werkzeug
Hammer und Pickel	Werkzeug
Hammer und Schraubenschlüssel	Werkzeug
Dolch	Waffe
gekreuzte Schwerter
Bombe	Comic
Bumerang	Boomerang
Pfeil und Bogen
Schutzschild
Handsäge	Holz Tischler Werkzeug
Schraubenschlüssel	Werkzeug
Schraubenzieher	Schraubendreher Werkzeug
Mutter und Schraube
Zahnrad	Werkzeug
Schraubzwinge	Werkzeug
Waage	Gerechtigkeit Gewicht Werkzeug wiegen
Blindenstock	Barrierefreiheit
Linksymbol	Kettenglieder Verknüpfungssymbol zwei Ringe
gebrochene Kette	brechen Freiheit Handschellen zerbrechen
Ketten	Eisen
Haken	Angelhaken
Werkzeugkasten	Mechaniker
Magnet	Anziehungskraft magnetisch
Leiter	klettern Sprosse Stufe
Destillierapparat	Werkzeug
Reagenzglas	Chemie Experiment Labor Versuche
Petrischale	Bakterien Bakterienkultur Biologie
DNA	Biologie Evolution Genetik Leben
Mikroskop	Labor
Teleskop
Satellitenschüssel	Antenne
Spritze	Arzt Injektion Nadel
Blutstropfen	Blutspende Medizin Menstruation
Kapsel	Arzt Medizin Tabletten
Heftpflaster
Krücke	Behinderung Gehhilfe Gehstütze Schmerzen Stock
Stethoskop	Arzt Herz Medizin
Röntgenbild	Knochen Medizin Radiologie Skelett
Tür	Eingang geschlossen
Fahrstuhl	Aufzug Lift
Spiegel	Reflexion Spiegelbild
Fenster	Aussicht durchsichtig frische Luft Öffnung Rahmen
Bett	Hotel schlafen Übernachtung
Sofa und Lampe
Stuhl	sitzen
Toilette	WC
Saugglocke	Saugglocken Toilette verstopft
Dusche
Badewanne	Badezimmer
Mausefalle	Mäusefalle
Rasierer	rasieren scharf
Creme	Feuchtigkeitscreme Körpercreme Shampoo Sonnencreme
Sicherheitsnadel	Punk Windel
Besen	Fegen Hexe Kehren
Korb	Picknick Wäsche
Küchenrolle	Klopapier Papiertücher Toilettenpapier
Eimer	Behälter Bottich Kübel
Seife	Baden säubern Seifenschale
Blasen	reinigen Seife Seifenblasen unter Wasser Wasserblasen
Zahnbürste	Badezimmer sauber Zähne Zahnhygiene
Schwamm	absorbieren aufsaugen porös
Feuerlöscher	löschen
Einkaufswagen	einkaufen
Zigarette	Rauchen Rauchersymbol
Sarg	Beerdigung Tod tot
Grabstein	Friedhof
Urne	Beerdigung Tod tot
Nazar-Amulett	Glücksbringer Talisman
Hamsa	Amulett Fatima Glückssymbol Maria Miriam Schutz
Statue	Gesicht Maske Osterinsel
Protestschild	Demonstration Mahnwache Plakat
Ausweis	Führerschein Personalausweis Plakette
Symbol „Geldautomat“	ATM
Symbol „Papierkorb“	Müll Sauberkeit
Trinkwasser
Symbol „Rollstuhl“	barrierefrei behindertengerecht
Herren	Herrentoilette
Damen	Damentoilette
Toiletten	WC
Symbol „Baby“	Wickelraum
WC	Toilette
Passkontrolle
Zollkontrolle
Gepäckausgabe
Gepäckaufbewahrung	Schließfach
Warnung	Dreieck
Kinder überqueren die Straße	Vorsicht
Zutritt verboten	keine Durchfahrt
Verboten	Verbotszeichen
Fahrräder verboten	Radfahren verboten
Rauchverbot	Rauchen verboten
Abfall verboten	Müll
Kein Trinkwasser	verboten
Fußgänger verboten
Mobiltelefone verboten
Minderjährige verboten	Erwachsene Mindestalter nicht jugendfrei
Radioaktiv
Biogefährdung	Zeichen
Pfeil nach oben	aufwärts Aufwärtspfeil Norden
Pfeil nach rechts oben	Nordosten
Pfeil nach rechts	Osten Rechtspfeil
Pfeil nach rechts unten	Südosten
Pfeil nach unten	abwärts Abwärtspfeil Süden
Pfeil nach links unten
Pfeil nach links	Linkspfeil Westen
Pfeil nach links oben	Nordwesten
Pfeil nach oben und unten	entgegengesetzt
Pfeil nach links und rechts	entgegengesetzt
geschwungener Pfeil nach links
geschwungener Pfeil nach rechts
geschwungener Pfeil nach oben
geschwungener Pfeil nach unten
kreisförmige Pfeile im Uhrzeigersinn
Pfeile gegen den Uhrzeigersinn	kreisförmige Pfeile gegen den Uhrzeigersinn
BACK-Pfeil	links zurück
END-Pfeil	links
ON!-Pfeil	rechts und links
SOON-Pfeil	rechts
TOP-Pfeil	Pfeil nach oben
religiöse Stätte	Religion
Atomzeichen	Atheist
om	Hinduismus Religion
Davidstern	jüdisch Religion
Dharma-Rad	Buddhismus
Yin und Yang	Daoismus Religion
lateinisches Kreuz	Christentum Religion
orthodoxes Kreuz	Christentum Religion
Hilal und Stern	Islam Religion
Friedenszeichen	Friedensbewegung Friedenssymbol
Menora	Leuchter Religion
Hexagramm mit Punkt	Wahrsager
Khanda	Religion Schwert Sikhismus
Widder (Sternzeichen)
Stier (Sternzeichen)
Zwillinge (Sternzeichen)
Krebs (Sternzeichen)
Löwe (Sternzeichen)
Jungfrau (Sternzeichen)
Waage (Sternzeichen)
Skorpion (Sternzeichen)
Schütze (Sternzeichen)
Steinbock (Sternzeichen)
Wassermann (Sternzeichen)
Fische (Sternzeichen)
Schlangenträger	Sternbild
Zufallsmodus	gekreuzt Pfeile verschlungene Pfeile nach rechts
Wiederholen	im Uhrzeigersinn Pfeile
Titel wiederholen	dasselbe wiederholen im Uhrzeigersinn noch einmal Pfeile
Wiedergabe	abspielen Dreieck Pfeil rechts
Doppelpfeile nach rechts	überspringen vorwärts weiter
Nächster Titel	Doppelpfeil Dreieck vorwärts weiter
Wiedergabe oder Pause	Dreieck Pfeil rechts
Pfeil zurück	Dreieck links
Zurückspulen	Doppelpfeil Doppelpfeile nach links Dreieck Pfeil vorheriger Titel
Vorheriger Titel	Doppelpfeil Dreieck Pfeil zurück
Aufwärts-Schaltfläche	nach oben Pfeil
Doppelpfeile nach oben	aufwärts doppelt
Abwärts-Schaltfläche	nach unten Pfeil
Doppelpfeile nach unten	doppelt abwärts
Pause	Streifen vertikal
Stopp	Aufnahme stoppen Quadrat
Aufnehmen	Aufnahme Kreis
Auswerfen	Auswurf Auswurftaste Medien
Kinosymbol	Film Filmkamera Unterhaltung
Taste Dimmen	gedimmt Helligkeit schwache Helligkeit
Heller-Taste	Helligkeit starke Helligkeit
balkenförmige Signalstärkenanzeige	Empfang Mobilfunksignal Mobiltelefon
WLAN	Computer drahtlos Internet kabellos Netzwerk
Vibrationsmodus	Mobiltelefon
Mobiltelefon aus	ausschalten Handy aus
Frauensymbol	weiblich Zeichen
Männersymbol	Mann Zeichen
Transgender-Symbol	Symbol für Transgender
mal	× abbrechen Multiplikation Multiplikationszeichen multiplizieren x
plus	+ Pluszeichen
minus	- − Minuszeichen
geteilt durch	÷ Division Geteiltzeichen
Gleichheitszeichen extrafett	Mathematik
Unendlichkeit	ewig grenzenlos
doppeltes Ausrufezeichen	rot Satzzeichen
Ausrufe- und Fragezeichen	Ausrufezeichen rot Satzzeichen
rotes Fragezeichen	Satzzeichen
weißes Fragezeichen	Satzzeichen
weißes Ausrufezeichen	Satzzeichen
rotes Ausrufezeichen	Satzzeichen
Wellenlinie	gewellt
Geldwechsel	Währung
Dollarzeichen extrafett	Geld Währung
Äskulapstab	Apotheke Asklepiosstab Medizin
Recycling-Symbol
Lilie	Fleur-de-Lis
Dreizack	Anker Triton
Namensschild
japanisches Anfänger-Zeichen	japanisches Symbol
hohler roter Kreis	großer Kreis
weißes Häkchen	abgehakt erledigt
abgehaktes Kästchen	✓ Feld Kästchen mit Häkchen
kräftiges Häkchen	abhaken erledigt
Kreuzzeichen	abbrechen durchgestrichen Multiplikation multiplizieren x
angekreuztes Kästchen	angekreuztes Feld Feld Quadrat X
Schleife
Doppelschleife	Rechteck
Teilalternationszeichen	japanisch Zeichensetzung
achtzackiger Stern	*
achtstrahliger Stern	*
Funkeln	*
Copyright
Registered-Trademark	Markenzeichen
Markenzeichen	TM Trademark
Taste: #
Taste: *
Taste: 0
Taste: 1
Taste: 2
Taste: 3
Taste: 4
Taste: 5
Taste: 6
Taste: 7
Taste: 8
Taste: 9
Taste: 10
Eingabesymbol lateinische Großbuchstaben
Eingabesymbol lateinische Kleinbuchstaben
Eingabesymbol Zahlen
Eingabesymbol Sonderzeichen
Eingabesymbol lateinische Buchstaben
Großbuchstabe A in rotem Quadrat	Blut Blutgruppe negativ positiv
Großbuchstaben AB in rotem Quadrat	Blut Blutgruppe negativ positiv
Großbuchstabe B in rotem Quadrat	Blut Blutgruppe negativ positiv
Großbuchstaben CL in rotem Quadrat
Wort „Cool“ in blauem Quadrat
Wort „Free“ in blauem Quadrat
Buchstabe „i“ in blauem Quadrat	Information
Großbuchstaben ID in lila Quadrat
Buchstabe „M“ in Kreis
Wort „New“ in blauem Quadrat	Neu
Großbuchstaben NG in blauem Quadrat
Großbuchstabe O in rotem Quadrat	0 Blut Blutgruppe negativ positiv
Großbuchstaben OK in blauem Quadrat
Großbuchstabe P in blauem Quadrat	Parkplatz
SOS-Zeichen	Hilfe
Schriftzug „UP!“ im blauen Quadrat	„Up“
Schriftzug VS in orangem Quadrat	Großbuchstaben VS in orangefarbenem Quadrat versus
Schriftzeichen „koko“	japanisches Schriftzeichen
Schriftzeichen „sa“	japanisches Schriftzeichen
Schriftzeichen für „Monatsbetrag“	japanisches Schriftzeichen
Schriftzeichen für „nicht gratis“	japanisches Schriftzeichen
Schriftzeichen für „reserviert“	japanisches Schriftzeichen
Schriftzeichen für „Schnäppchen“	japanisches Schriftzeichen
Schriftzeichen für „Rabatt“	japanisches Schriftzeichen
Schriftzeichen für „gratis“	japanisches Schriftzeichen
Schriftzeichen für „verbieten“	japanisches Schriftzeichen
Schriftzeichen für „akzeptieren“	japanisches Schriftzeichen
Schriftzeichen für „anwenden“	japanisches Schriftzeichen
Schriftzeichen für „Note zum Bestehen“	japanisches Schriftzeichen
Schriftzeichen für „Zimmer frei“	japanisches Schriftzeichen
Schriftzeichen für „Gratulation“	japanisches Schriftzeichen
Schriftzeichen für „Geheimnis“	japanisches Schriftzeichen
Schriftzeichen für „Geöffnet“	japanisches Schriftzeichen
Schriftzeichen für „Kein Zimmer frei“	japanisches Schriftzeichen
roter Punkt	Ball
oranger Punkt
gelber Punkt
grüner Punkt
blauer Punkt	Ball
lila Punkt
brauner Punkt
schwarzer Punkt	Ball
weißer Punkt	Ball
rotes Quadrat
oranges Quadrat
gelbes Quadrat
grünes Quadrat
blaues Quadrat
lila Quadrat
braunes Quadrat
großes schwarzes Quadrat
großes weißes Quadrat
mittelgroßes schwarzes Quadrat
mittelgroßes weißes Quadrat
mittelkleines schwarzes Quadrat
mittelkleines weißes Quadrat
kleines schwarzes Quadrat
kleines weißes Quadrat
große orangefarbene Raute
große blaue Raute
kleine orangefarbene Raute
kleine blaue Raute
rotes Dreieck mit der Spitze nach oben	aufwärts
rotes Dreieck mit der Spitze nach unten	abwärts
Rautenform mit Punkt	Diamant
Optionsfeld	Schaltfläche
weiße quadratische Schaltfläche
schwarze quadratische Schaltfläche
Zielflagge	karierte Flagge Rennen Sport
Wimpel	Dreiecksflagge Flagge rot
überkreuzte Flaggen	Japan japanische Flaggen
schwarze Flagge	Fahne schwarze Fahne wehen
weiße Flagge	Fahne wehen weiße Fahne
Regenbogenflagge	bunt Fahne
Transgender-Flagge
Piratenflagge	Jolly Roger Piratenfahne Schatz
Flagge: Ascension
Flagge: Andorra
Flagge: Vereinigte Arabische Emirate
Flagge: Afghanistan
Flagge: Antigua und Barbuda
Flagge: Anguilla
Flagge: Albanien
Flagge: Armenien
Flagge: Angola
Flagge: Antarktis
Flagge: Argentinien
Flagge: Amerikanisch-Samoa
Flagge: Österreich
Flagge: Australien
Flagge: Aruba
Flagge: Ålandinseln
Flagge: Aserbaidschan
Flagge: Bosnien und Herzegowina
Flagge: Barbados
Flagge: Bangladesch
Flagge: Belgien
Flagge: Burkina Faso
Flagge: Bulgarien
Flagge: Bahrain
Flagge: Burundi
Flagge: Benin
Flagge: St. Barthélemy
Flagge: Bermuda
Flagge: Brunei Darussalam
Flagge: Bolivien
Flagge: Karibische Niederlande
Flagge: Brasilien
Flagge: Bahamas
Flagge: Bhutan
Flagge: Bouvetinsel
Flagge: Botsuana
Flagge: Belarus
Flagge: Belize
Flagge: Kanada
Flagge: Kokosinseln
Flagge: Kongo-Kinshasa
Flagge: Zentralafrikanische Republik
Flagge: Kongo-Brazzaville
Flagge: Schweiz
Flagge: Côte d’Ivoire
Flagge: Cookinseln
Flagge: Chile
Flagge: Kamerun
Flagge: China
Flagge: Kolumbien
Flagge: Clipperton-Insel
Flagge: Costa Rica
Flagge: Kuba
Flagge: Cabo Verde
Flagge: Curaçao
Flagge: Weihnachtsinsel
Flagge: Zypern
Flagge: Tschechien
Flagge: Deutschland
Flagge: Diego Garcia
Flagge: Dschibuti
Flagge: Dänemark
Flagge: Dominica
Flagge: Dominikanische Republik
Flagge: Algerien
Flagge: Ceuta und Melilla
Flagge: Ecuador
Flagge: Estland
Flagge: Ägypten
Flagge: Westsahara
Flagge: Eritrea
Flagge: Spanien
Flagge: Äthiopien
Flagge: Europäische Union
Flagge: Finnland
Flagge: Fidschi
Flagge: Falklandinseln
Flagge: Mikronesien
Flagge: Färöer
Flagge: Frankreich
Flagge: Gabun
Flagge: Vereinigtes Königreich
Flagge: Grenada
Flagge: Georgien
Flagge: Französisch-Guayana
Flagge: Guernsey
Flagge: Ghana
Flagge: Gibraltar
Flagge: Grönland
Flagge: Gambia
Flagge: Guinea
Flagge: Guadeloupe
Flagge: Äquatorialguinea
Flagge: Griechenland
Flagge: Südgeorgien und die Südlichen Sandwichinseln
Flagge: Guatemala
Flagge: Guam
Flagge: Guinea-Bissau
Flagge: Guyana
Flagge: Sonderverwaltungsregion Hongkong
Flagge: Heard und McDonaldinseln
Flagge: Honduras
Flagge: Kroatien
Flagge: Haiti
Flagge: Ungarn
Flagge: Kanarische Inseln
Flagge: Indonesien
Flagge: Irland
Flagge: Israel
Flagge: Isle of Man
Flagge: Indien
Flagge: Britisches Territorium im Indischen Ozean
Flagge: Irak
Flagge: Iran
Flagge: Island
Flagge: Italien
Flagge: Jersey
Flagge: Jamaika
Flagge: Jordanien
Flagge: Japan
Flagge: Kenia
Flagge: Kirgisistan
Flagge: Kambodscha
Flagge: Kiribati
Flagge: Komoren
Flagge: St. Kitts und Nevis
Flagge: Nordkorea
Flagge: Südkorea
Flagge: Kuwait
Flagge: Kaimaninseln
Flagge: Kasachstan
Flagge: Laos
Flagge: Libanon
Flagge: St. Lucia
Flagge: Liechtenstein
Flagge: Sri Lanka
Flagge: Liberia
Flagge: Lesotho
Flagge: Litauen
Flagge: Luxemburg
Flagge: Lettland
Flagge: Libyen
Flagge: Marokko
Flagge: Monaco
Flagge: Republik Moldau
Flagge: Montenegro
Flagge: St. Martin
Flagge: Madagaskar
Flagge: Marshallinseln
Flagge: Nordmazedonien
Flagge: Mali
Flagge: Myanmar
Flagge: Mongolei
Flagge: Sonderverwaltungsregion Macau
Flagge: Nördliche Marianen
Flagge: Martinique
Flagge: Mauretanien
Flagge: Montserrat
Flagge: Malta
Flagge: Mauritius
Flagge: Malediven
Flagge: Malawi
Flagge: Mexiko
Flagge: Malaysia
Flagge: Mosambik
Flagge: Namibia
Flagge: Neukaledonien
Flagge: Niger
Flagge: Norfolkinsel
Flagge: Nigeria
Flagge: Nicaragua
Flagge: Niederlande
Flagge: Norwegen
Flagge: Nepal
Flagge: Nauru
Flagge: Niue
Flagge: Neuseeland
Flagge: Oman
Flagge: Panama
Flagge: Peru
Flagge: Französisch-Polynesien
Flagge: Papua-Neuguinea
Flagge: Philippinen
Flagge: Pakistan
Flagge: Polen
Flagge: St. Pierre und Miquelon
Flagge: Pitcairninseln
Flagge: Puerto Rico
Flagge: Palästinensische Autonomiegebiete
Flagge: Portugal
Flagge: Palau
Flagge: Paraguay
Flagge: Katar
Flagge: Réunion
Flagge: Rumänien
Flagge: Serbien
Flagge: Russland
Flagge: Ruanda
Flagge: Saudi-Arabien
Flagge: Salomonen
Flagge: Seychellen
Flagge: Sudan
Flagge: Schweden
Flagge: Singapur
Flagge: St. Helena
Flagge: Slowenien
Flagge: Spitzbergen und Jan Mayen
Flagge: Slowakei
Flagge: Sierra Leone
Flagge: San Marino
Flagge: Senegal
Flagge: Somalia
Flagge: Suriname
Flagge: Südsudan
Flagge: São Tomé und Príncipe
Flagge: El Salvador
Flagge: Sint Maarten
Flagge: Syrien
Flagge: Eswatini
Flagge: Tristan da Cunha
Flagge: Turks- und Caicosinseln
Flagge: Tschad
Flagge: Französische Süd- und Antarktisgebiete
Flagge: Togo
Flagge: Thailand
Flagge: Tadschikistan
Flagge: Tokelau
Flagge: Timor-Leste
Flagge: Turkmenistan
Flagge: Tunesien
Flagge: Tonga
Flagge: Türkei
Flagge: Trinidad und Tobago
Flagge: Tuvalu
Flagge: Taiwan
Flagge: Tansania
Flagge: Ukraine
Flagge: Uganda
Flagge: Amerikanische Überseeinseln
Flagge: Vereinte Nationen
Flagge: Vereinigte Staaten
Flagge: Uruguay
Flagge: Usbekistan
Flagge: Vatikanstadt
Flagge: St. Vincent und die Grenadinen
Flagge: Venezuela
Flagge: Britische Jungferninseln
Flagge: Amerikanische Jungferninseln
Flagge: Vietnam
Flagge: Vanuatu
Flagge: Wallis und Futuna
Flagge: Samoa
Flagge: Kosovo
Flagge: Jemen
Flagge: Mayotte
Flagge: Südafrika
Flagge: Sambia
Flagge: Simbabwe
Flagge: England
Flagge: Schottland
Flagge: Wales`;export{e as names};
