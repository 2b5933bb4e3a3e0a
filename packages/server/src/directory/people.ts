/** Names, places and departments for a directory that nobody has to be protected from. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const FIRST_NAMES: readonly string[] = words(`
  Aaron Adele Agnes Aisha Alan Alejandro Alina Amara Amir Ana Andrea Anika Anton Aoife Arjun Astrid Beatriz Benjamin
  Bianca Bogdan Bruno Camille Carlos Carmen Cecilia Chen Chidi Clara Daniel Daria David Deepa Diego Dilan Dora Edith Elena
  Elias Emeka Emil Emma Erik Esther Eva Fatima Felix Fiona Florian Freya Gabriel Gemma Georgi Gita Grace Hana Hannah
  Harald Hassan Helen Henrik Hiro Hugo Ibrahim Ida Imran Ines Ingrid Irina Isaac Ivan Jack Jamila Jana Jasper Jin Joanna
  Johan Jonas Jorge Josefine Juan Julia Kai Karin Katarzyna Keiko Kofi Lars Laura Leila Lena Leo Lin Linda Louis Lucia
  Luka Magda Mai Malik Marco Maria Marta Mateo Matthias Mei Mila Mohamed Monika Nadia Naomi Nikolai Nina Noah Nora Olga
  Oliver Omar Oscar Pablo Padma Patrick Paula Pavel Petra Priya Rafael Rana Ravi Rosa Ruth Ryan Sakura Samuel Sanjay Sara
  Simon Sofia Stefan Sven Tamara Tariq Theo Tomas Uma Ursula Vera Victor Viktoria Wanda Wei William Yara Yusuf Yuki Zainab
  Zoe Zoltan
`);

export const LAST_NAMES: readonly string[] = words(`
  Abbott Acosta Adeyemi Ahmed Albrecht Almeida Andersen Arora Bailey Baker Banerjee Barbosa Bauer Becker Bergström Bianchi
  Blake Brandt Brennan Brooks Campbell Carter Castillo Chang Chopra Clarke Coleman Costa Cruz Dahl Das Delgado Diaz Dubois
  Duffy Eriksen Evans Farouk Fernández Fischer Fontaine Foster Fraser Garcia Gruber Gupta Haas Hall Hansen Hartmann Hayes
  Herrera Hoffmann Holm Horvat Huang Hughes Ivanova Jansen Jensen Johansson Joshi Kamara Kaplan Kaya Keller Khan Kim Klein
  Kovács Kowalski Kumar Lambert Larsen Lehmann Li Lindqvist Lopez Lund MacDonald Madsen Malik Marchetti Martin Mbeki Meyer
  Miller Mitchell Moreau Morgan Müller Murphy Nagy Nakamura Nguyen Nielsen Novak O'Brien Okafor Olsen Ortiz Osei Park
  Patel Pereira Petrov Pham Popescu Quinn Ramirez Rao Reyes Ribeiro Richter Rossi Roy Russo Saito Santos Sato Schmidt
  Schneider Shah Sharma Silva Singh Sokolov Stewart Suzuki Svensson Tanaka Taylor Thomsen Torres Turner Vargas Vasquez
  Vogel Wagner Walker Wang Weber Wilson Wolf Wright Yamamoto Yang Yilmaz Zhang Zimmermann
`);

export const DEPARTMENTS: readonly { name: string; titles: readonly string[] }[] = [
  { name: "Sales", titles: ["Account Manager", "Sales Representative", "Sales Director"] },
  { name: "Finance", titles: ["Accountant", "Controller", "Analyst"] },
  { name: "Human Resources", titles: ["Recruiter", "HR Partner", "Trainer"] },
  { name: "Engineering", titles: ["Engineer", "Senior Engineer", "Architect"] },
  { name: "Operations", titles: ["Operator", "Shift Lead", "Planner"] },
  { name: "Customer Service", titles: ["Agent", "Team Lead", "Supervisor"] },
  { name: "Legal", titles: ["Counsel", "Paralegal"] },
  { name: "Marketing", titles: ["Editor", "Campaign Manager", "Designer"] },
  { name: "IT", titles: ["Administrator", "Support Specialist", "Project Manager"] },
  { name: "Logistics", titles: ["Dispatcher", "Warehouse Lead", "Buyer"] },
];

export const PLACES: readonly { city: string; state: string; country: string; usage: string; language: string; prefix: string }[] = [
  { city: "Redmond", state: "WA", country: "United States", usage: "US", language: "en-US", prefix: "1425555" },
  { city: "Chicago", state: "IL", country: "United States", usage: "US", language: "en-US", prefix: "1312555" },
  { city: "Dublin", state: "Leinster", country: "Ireland", usage: "IE", language: "en-IE", prefix: "3531555" },
  { city: "Berlin", state: "Berlin", country: "Germany", usage: "DE", language: "de-DE", prefix: "4930555" },
  { city: "Melbourne", state: "VIC", country: "Australia", usage: "AU", language: "en-AU", prefix: "613555" },
  { city: "Singapore", state: "", country: "Singapore", usage: "SG", language: "en-SG", prefix: "655550" },
];

/** A name's letters as an address may have them: no accents, no punctuation. */
export function addressPart(name: string): string {
  return name
    .normalize("NFD")
    .replace(/[^A-Za-z0-9]/g, "")
    .toLowerCase();
}
